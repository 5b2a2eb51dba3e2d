"""What is said about engines as such: which there are, what can be asked of them."""

SENTENCES = {
    "engines.layers-out-of-range": "{layers} layers cannot be asked for; choose 2 to 10, or auto.",
    "engines.child-silent": "The model stopped answering for {seconds} seconds and was ended; your document is unchanged. Run it again, with a smaller resolution if it happens twice.",
    "engines.child-ended-from-outside": "The model's process was ended from outside. Your document is unchanged. Run it again.",
    "engines.child-killed": "The system ended the model's process, most likely because the computer ran out of memory. Your document is unchanged. Close other programs, or choose a memory plan that needs less.",
    "engines.child-ended": "The model's process ended unexpectedly (code {code}). Your document is unchanged. Run it again.",
    "engines.child-ended-saying": "The model's process ended unexpectedly (code {code}). Your document is unchanged. Run it again. It said: {said}",
    "engines.driver-fault": "The graphics driver reported a fault. Your document is unchanged. Run it again; restart the computer if it happens twice.",
    "engines.none-can-run": "No engine can run here; see `unflatten doctor`.",
    "engines.ready": "It can run here.",
    "engines.no-benchmark": "There is no benchmark called {id}; choose {known}.",
    "engines.unknown-choice": "--{name} {value} is not known; choose {known}.",
    "engines.unknown": "There is no engine called {id}; choose auto, {known}.",
}
