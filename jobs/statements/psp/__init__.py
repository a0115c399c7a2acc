"""Settlement reports of payment service providers."""
