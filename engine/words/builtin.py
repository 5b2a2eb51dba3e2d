"""Sentences of the built-in engine."""

SENTENCES = {
    "builtin.cut-plainly": "“{name}” could not be cut along its soft edges and was cut along its outline.",
    "builtin.fill-smooth": "What lies behind a layer could not be continued as texture and was filled smoothly.",
    "builtin.line-left": "“{text}” could not be cut out and stays on the layer below it.",
    "builtin.lines-left": "{count} lines of text could not be cut out and stay on the layers below them.",
    "builtin.many-things": "There are very many things in this picture: the largest were told apart, and the others "
    "were left together.",
    "builtin.no-reader": "The text reader could not be used, so no text was made a layer of its own; "
    "`unflatten doctor` says what is missing.",
    "builtin.no-subject-model": "The subject model is missing, so no main object was cut out; get it with: {command}",
    "builtin.not-merged": "The layers could not be merged to fewer, so all that were found are there.",
    "builtin.not-named": "Some layers could not be named after what they show.",
    "builtin.only-found": "Only {found} layers were found; {wanted} were asked for.",
    "builtin.only-one-found": "Only 1 layer was found; {wanted} were asked for.",
    "builtin.subject-failed": "The subject model could not be used, so no main object was cut out; fetch it again "
    "with: {command}",
    "builtin.thing-left": "Something in the picture could not be made a layer of its own and stays on the layer below "
    "it.",
}
