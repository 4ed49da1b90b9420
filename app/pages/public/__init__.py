"""The pages that everybody may see: who we are, how it works, who sees what, what to print, how to start."""
