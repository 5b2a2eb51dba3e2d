"""What runs in the model's own process. With `bench` the only place that imports torch and diffusers."""
