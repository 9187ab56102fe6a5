"""What only the vendors' documents say: private attributes, and the meaning that a vendor gives to public ones.

One module for each rule or family of rules. Each rule names its tag, its source and whether it is proven by files of
the vendor (or by fixtures that another program reads alike); see `rule.Rule`.
"""

from hounsfield.volumes.vendors.rule import Rule

__all__ = ["Rule"]
