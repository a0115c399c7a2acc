"""Step 3: credits and batches find each other.

Each step goes over what the one before it left, finds everything before it takes anything, and is
not repeated within a run.
"""
