"""Pages for people: one HTML file that needs no network, in English or Chinese, fit for print."""
