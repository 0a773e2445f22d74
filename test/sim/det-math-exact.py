"""Reads 'function argument argument' with doubles as hex digits, writes the nearest double to the exact value."""

import struct
import sys
from decimal import Decimal, getcontext
from fractions import Fraction

DIGITS = 60
getcontext().prec = DIGITS
getcontext().Emax = 10**9
getcontext().Emin = -(10**9)


def double(text):
    return struct.unpack(">d", bytes.fromhex(text))[0]


def make_pi(places):
    """Pi times 2 ** places, by Machin's formula."""
    one = 1 << (places + 32)

    def arctan(part):
        term = one // part
        total, n, sign = term, 3, -1
        while term:
            term //= part * part
            total += sign * (term // n)
            n, sign = n + 2, -sign
        return total

    return (16 * arctan(5) - 4 * arctan(239)) >> 32


PLACES = 1400
PI = Fraction(make_pi(PLACES), 1 << PLACES)


def circle(x):
    """The sine and the cosine of a double."""
    turns = round(Fraction(x) / (PI / 2))
    rest = Fraction(x) - turns * (PI / 2)
    r = Decimal(rest.numerator) / Decimal(rest.denominator)
    sine, cosine, term, n = Decimal(0), Decimal(0), Decimal(1), 0
    while abs(term) > Decimal(10) ** -(DIGITS + 40):
        if n % 2:
            sine += term if n % 4 == 1 else -term
        else:
            cosine += term if n % 4 == 0 else -term
        n += 1
        term = term * r / n
    return [(sine, cosine), (cosine, -sine), (-sine, -cosine), (-cosine, sine)][turns % 4]


def exact(name, x, y):
    value = Decimal(x)
    if name == "log":
        return value.ln()
    if name == "log1p":
        return series_log1p(value)
    if name == "log2":
        return value.ln() / Decimal(2).ln()
    if name == "log10":
        return value.log10()
    if name == "exp":
        return value.exp()
    if name == "expm1":
        getcontext().prec = DIGITS + 40
        result = value.exp() - 1
        getcontext().prec = DIGITS
        return +result
    if name == "pow":
        return (value.ln() * Decimal(y)).exp()
    sine, cosine = circle(x)
    return {"sin": sine, "cos": cosine, "tan": sine / cosine}[name]


def series_log1p(value):
    getcontext().prec = DIGITS + 40
    result = (1 + value).ln()
    getcontext().prec = DIGITS
    return +result


for line in sys.stdin:
    name, x, y = line.split()
    nearest = float(exact(name, double(x), double(y)))
    print(struct.pack(">d", nearest).hex())
