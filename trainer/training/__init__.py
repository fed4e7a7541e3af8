"""From preference pairs to an adapter, with TRL."""
