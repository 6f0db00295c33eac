"""An event-sourced records archive for a Dutch municipality."""
