"""A channel's profile: one YAML page per channel."""
