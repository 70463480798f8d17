"""Python source in, System out. Reads syntax trees and annotations; never runs a method of a specification."""
