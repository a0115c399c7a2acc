"""What all commands share: arguments, help, configuration, the lake of a command, exit status."""
