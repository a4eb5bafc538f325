-- Which forms of letters there are with a peer, without reading all that were ever written.
CREATE INDEX letters_by_form ON letters (peer_id, name, form);
CREATE INDEX received_by_form ON received (peer_id, name, form);
