"""Returned goods: acceptance, grades, what to do with each unit, how long it takes, what returns tell about batches.

Read first: `acceptance.accept`, `disposition.decide`, `abnormal_batches.abnormal_groups`. May import core and
inventory.fees.
"""
