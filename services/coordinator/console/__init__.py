"""The coordinator's plain web console: view models, Dutch wording, templates and styles.

The service fills the view models in `views`, `render` turns them into HTML, and a browser needs
nothing more: links, forms and `details`, no script. Nothing here knows a database, a clock or who
is signed in; every sentence about a person arrives ready made. The pages work under a content
policy that allows only this site's own styles, images and forms.
"""
