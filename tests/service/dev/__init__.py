"""Tests of the house: embedded servers and the development stack."""
