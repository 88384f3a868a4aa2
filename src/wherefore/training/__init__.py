"""Fine-tuning: examples, losses, stages, the trainer, and what it costs."""
