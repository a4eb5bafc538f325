"""What people write with an offer or a request: plain Dutch (B1), by category."""

OFFERS: dict[str, tuple[str, ...]] = {
    "company": (
        "Ik kom graag een uurtje langs voor een praatje.",
        "Samen een spelletje doen of de krant lezen, dat lijkt mij leuk.",
        "Ik luister graag. Een middag in de week heb ik tijd.",
    ),
    "coffee": (
        "Kom gerust een kopje koffie drinken. Ik kom ook naar u toe.",
        "Op dinsdagochtend zet ik een grote pot koffie. Wie komt er?",
    ),
    "baking": (
        "Ik bak graag een appeltaart voor iemand die jarig is.",
        "Cake, koekjes of een quiche: ik maak het graag voor een buur.",
    ),
    "dog": (
        "Ik loop elke dag met mijn eigen hond. Die van u kan mee.",
        "Grote of kleine hond, ik laat hem graag uit in het park.",
    ),
    "bins": (
        "Ik zet mijn container toch al buiten. Die van u neem ik zo mee.",
        "Op maandag zet ik graag uw container aan de straat.",
    ),
    "shopping": (
        "Ik ga op vrijdag naar de winkel. Geef mij uw lijstje maar mee.",
        "Zware boodschappen breng ik met de bakfiets tot in de keuken.",
        "Ik doe graag boodschappen voor u, of wij gaan samen.",
    ),
    "walking": (
        "Samen een blokje om? Ik loop rustig, ook met een rollator ernaast.",
        "Ik wandel graag langs het water. Met zijn tweeën is het leuker.",
    ),
    "transport": (
        "Ik rijd u naar het ziekenhuis en wacht tot u klaar bent.",
        "Met mijn auto breng ik u naar familie of naar de kapper.",
    ),
    "cooking": (
        "Ik kook vaak te veel. Een bord extra breng ik graag langs.",
        "Samen koken en samen eten, bij u of bij mij.",
    ),
    "gardening": (
        "Ik snoei en wied graag. Mijn gereedschap neem ik mee.",
        "Gras maaien of de heg knippen, dat doe ik met plezier.",
    ),
    "chores": (
        "Een lamp ophangen of een kraan die lekt: ik kijk er graag naar.",
        "Ik ben handig en heb een boormachine.",
    ),
    "computer": (
        "Ik leg rustig uit hoe uw telefoon of tablet werkt.",
        "Foto's bewaren, videobellen, mailen: wij doen het samen.",
    ),
    "paperwork": (
        "Ik help graag met post sorteren en formulieren invullen.",
        "Samen de papieren op een rij, met een map en een kop thee.",
    ),
    "finances": (
        "Ik kijk graag mee met rekeningen en een huishoudboekje.",
        "Samen de belastingbrief lezen, rustig en zonder haast.",
    ),
    "respite": (
        "Ik blijf een middag bij uw partner, dan kunt u even weg.",
        "Vroeger werkte ik in de zorg. Ik neem het graag een paar uur over.",
    ),
}

REQUESTS: dict[str, tuple[str, ...]] = {
    "company": (
        "De dagen zijn soms lang. Wie komt er een keer langs?",
        "Ik doe graag een spelletje, maar alleen gaat dat niet.",
    ),
    "coffee": ("Ik woon hier nog maar kort. Wie drinkt er een kop koffie met mij?",),
    "baking": (
        "Mijn dochter wordt tien. Wie helpt mij aan een taart?",
        "Voor het straatfeest zoeken wij iemand die wil bakken.",
    ),
    "dog": (
        "Door mijn heup kan ik even niet lopen. Wie laat de hond uit?",
        "Ik werk lang op donderdag. Mijn hond wil er graag uit.",
    ),
    "bins": ("De container is voor mij te zwaar. Wie zet hem buiten?",),
    "shopping": (
        "Ik mag niet tillen na mijn operatie. Wie doet een keer boodschappen?",
        "Met de rollator naar de winkel lukt niet meer zo goed.",
    ),
    "walking": (
        "Ik wil graag weer naar buiten, maar niet alleen.",
        "Wie loopt er met mij een rondje door het park?",
    ),
    "transport": (
        "Ik moet naar de oogarts en mag daarna niet zelf rijden.",
        "Wie brengt mij naar mijn zus? De bus stopt daar niet.",
    ),
    "cooking": (
        "Mijn vrouw ligt in het ziekenhuis en ik kan niet koken.",
        "Wie kookt er een keer mee? Alleen eten smaakt niet.",
    ),
    "gardening": (
        "De heg is te hoog voor mij geworden.",
        "Wie helpt mij de tuin klaarmaken voor de winter?",
    ),
    "chores": (
        "De lamp in de gang is stuk en ik durf niet op de trap.",
        "Er moet een plank aan de muur. Ik heb geen boor.",
    ),
    "computer": (
        "Mijn kleinkind wil videobellen. Hoe gaat dat?",
        "Mijn telefoon is vol en ik weet niet wat weg mag.",
    ),
    "paperwork": (
        "Er ligt een stapel post en ik zie door de bomen het bos niet meer.",
        "Wie kijkt er met mij naar een formulier?",
    ),
    "finances": (
        "Er komen aanmaningen en ik weet niet welke het eerst moet.",
        "Wie helpt mij overzicht te krijgen in mijn rekeningen?",
    ),
    "respite": (
        "Ik zorg voor mijn man. Een middag vrij zou fijn zijn.",
        "Wie blijft er even bij mijn moeder, dan kan ik naar de tandarts?",
    ),
}

VISIT_MINUTES: dict[str, tuple[int, ...]] = {
    "company": (60, 90),
    "coffee": (45, 60),
    "baking": (90, 120),
    "dog": (30, 45, 60),
    "bins": (15,),
    "shopping": (45, 60, 90),
    "walking": (45, 60),
    "transport": (60, 90, 120),
    "cooking": (60, 90),
    "gardening": (90, 120, 180),
    "chores": (45, 60, 90),
    "computer": (45, 60, 90),
    "paperwork": (60, 90),
    "finances": (60, 90),
    "respite": (120, 180),
}
"""How long such a visit usually takes, in minutes."""
