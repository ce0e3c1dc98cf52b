"""Referral: to whom a concern goes, by which of two routes, and what came of it."""
