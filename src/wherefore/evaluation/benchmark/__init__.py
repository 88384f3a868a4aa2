"""Speed and memory on one machine: each module measures one thing."""
