"""Tests of faults: a package, so that their fleet ends with the last of them."""
