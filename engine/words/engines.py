"""What is said about engines as such: which there are, what can be asked of them."""

SENTENCES = {
    "engines.layers-out-of-range": "{layers} layers cannot be asked for; choose 2 to 10, or auto.",
    "engines.none-can-run": "No engine can run here; see `unflatten doctor`.",
    "engines.ready": "It can run here.",
    "engines.no-benchmark": "There is no benchmark called {id}; choose {known}.",
    "engines.unknown-choice": "--{name} {value} is not known; choose {known}.",
    "engines.unknown": "There is no engine called {id}; choose auto, {known}.",
}
