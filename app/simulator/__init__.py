"""Pretend phones: the simulator's page, `hotline chat`, the guided story, `hotline play`."""
