"""How fast the hotline is, beside a server that does nothing: `python -m tests.benchmarks`.

Every figure is measured against the hotline as it is run: the real command in a process of its own, reached by signed
webhooks over HTTP, sending to a carrier on this machine. Nothing is patched, and after every volley the database is
read to see that each text was kept once and answered.
"""
