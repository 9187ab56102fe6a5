"""The standard as data: attributes, private attributes and UIDs (PS3.6)."""

from hounsfield.standard.dictionary import Attribute, PrivateAttribute, Uid, find, parse_tag

__all__ = ["Attribute", "PrivateAttribute", "Uid", "find", "parse_tag"]
