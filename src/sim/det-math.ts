/**
 * detMath: logarithm, exponential, power and circle functions that give the same bits in every engine.
 *
 * ECMAScript fixes `+ - * /` and `Math.sqrt` to the last bit, and leaves `Math.log` and its like to the engine: two
 * engines, or one on two systems, differ in the last place of some values, and a simulation that draws its delays
 * through them takes another course. These are made of exact operations only.
 *
 * How: a number is kept as an unevaluated sum of two doubles wherever one is not enough (Dekker 1971, Knuth's TwoSum),
 * the argument is brought near zero, and a short series does the rest. Results are within one unit in the last place
 * of the exact value, and nearly always the nearest double; so powers that are whole numbers come out whole.
 *
 * There is no CPython file to follow.
 */

/** Where a function that gives two doubles leaves the lesser one. Nothing is kept in it between calls. */
const rest = /* @__PURE__ */ new Float64Array(1);
const bits = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));

// Sums of doubles, each but the last with zeros at the end, so that its products with small integers are exact.
const LN2_1 = 0.6931471805592082; // 40 bits
const LN2_2 = 7.371002565161996e-13; // 40 bits
const LN2_3 = 5.8029889835956905e-25;
const HALF_PI_1 = 1.5707963267341256; // 33 bits
const HALF_PI_2 = 6.077100506303966e-11; // 33 bits
const HALF_PI_3 = 2.0222662487111665e-21; // 33 bits
const HALF_PI_4 = 8.4784276603689e-32;
const PER_LN2_REST = 2.0355273740931033e-17;
const PER_LN10_REST = 1.098319650216765e-17;

/** Beyond this many quarter turns the parts of π/2 above no longer multiply exactly. */
const MANY_TURNS = 2 ** 20;

/** Of a positive finite number: the exponent for which the mantissa lies between √½ and √2. */
function exponentOf(x: number): number {
  const scaled = x < 2 ** -1022 ? x * 2 ** 54 : x;
  bits.setFloat64(0, scaled);
  const high = bits.getInt32(0);
  const exponent = (high >> 20) - 1023 - (scaled === x ? 0 : 54);
  // The upper half of the mantissa is enough to tell: any point near √2 will do.
  return (high & 0xfffff) > 0x6a09e ? exponent + 1 : exponent;
}

/** `x · 2 ** exponent`, rounded once where the result is a normal number. */
function scale(x: number, exponent: number): number {
  if (exponent > 1023) return x * 2 ** 1023 * powerOf2(exponent - 1023);
  if (exponent < -1022) return x * powerOf2(exponent + 200) * 2 ** -200;
  return x * powerOf2(exponent);
}

function powerOf2(exponent: number): number {
  bits.setInt32(0, (exponent + 1023) << 20);
  bits.setInt32(4, 0);
  return bits.getFloat64(0);
}

function mantissaOf(x: number, exponent: number): number {
  return exponent < -1022 ? x * 2 ** 60 * powerOf2(-exponent - 60) : scale(x, -exponent);
}

/** a + b exactly. */
function sum(a: number, b: number): number {
  const high = a + b;
  const part = high - a;
  rest[0] = a - (high - part) + (b - part);
  return high;
}

/** a · b exactly, for factors below 2 ** 996. */
function product(a: number, b: number): number {
  const high = a * b;
  const aScaled = a * 134217729; // 2 ** 27 + 1 cuts a double into halves
  const bScaled = b * 134217729;
  const aHigh = aScaled - (aScaled - a);
  const bHigh = bScaled - (bScaled - b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  rest[0] = aHigh * bHigh - high + aHigh * bLow + aLow * bHigh + aLow * bLow;
  return high;
}

/** (a + aRest) · (b + bRest), nearly exactly. */
function product2(a: number, aRest: number, b: number, bRest: number): number {
  const high = product(a, b);
  const low = (rest[0] as number) + (a * bRest + aRest * b);
  const result = high + low;
  rest[0] = low - (result - high);
  return result;
}

/** (a + aRest) + (b + bRest), nearly exactly. */
function sum2(a: number, aRest: number, b: number, bRest: number): number {
  const high = sum(a, b);
  const low = (rest[0] as number) + (aRest + bRest);
  const result = high + low;
  rest[0] = low - (result - high);
  return result;
}

// log: of m near 1 it is 2·atanh(s) with s = (m - 1) / (m + 1), an odd series in s.

/** s, in two doubles. */
function atanhArgument(f: number): number {
  const divisor = 2 + f;
  const divisorRest = f - (divisor - 2);
  const s = f / divisor;
  const back = product(s, divisor);
  rest[0] = (f - back - (rest[0] as number) - s * divisorRest) / divisor;
  return s;
}

/** The logarithm of 1 + f, of a mantissa, in two doubles with 70 bits. */
function logOfMantissa(f: number): number {
  const s = atanhArgument(f);
  const sRest = rest[0] as number;
  const z = product2(s, sRest, s, sRest);
  const zRest = rest[0] as number;
  let tail = 1 / 29;
  for (let n = 27; n >= 9; n -= 2) tail = 1 / n + z * tail;
  let p = product2(z, zRest, tail, 0);
  p = sum2(0.14285714285714285, 7.93016446160826e-18, p, rest[0] as number);
  p = product2(p, rest[0] as number, z, zRest);
  p = sum2(0.2, -1.1102230246251566e-17, p, rest[0] as number);
  p = product2(p, rest[0] as number, z, zRest);
  p = sum2(0.3333333333333333, 1.850371707708594e-17, p, rest[0] as number);
  p = product2(p, rest[0] as number, z, zRest);
  p = sum2(1, 0, p, rest[0] as number);
  return product2(p, rest[0] as number, 2 * s, 2 * sRest);
}

/** The logarithm of a positive finite number, in two doubles with 70 bits. */
function logInTwo(x: number): number {
  const k = exponentOf(x);
  const m = logOfMantissa(mantissaOf(x, k) - 1);
  const mRest = rest[0] as number;
  if (k === 0) return m; // and its rest
  const ofPower = sum(k * LN2_1, k * LN2_2);
  return sum2(ofPower, (rest[0] as number) + k * LN2_3, m, mRest);
}

function isOrdinary(x: number): boolean {
  return x > 0 && x < Infinity;
}

/** The logarithm of what is not above 0 and finite. */
function logOfOther(x: number): number {
  return x === 0 ? -Infinity : x > 0 ? x : Number.NaN;
}

function log(x: number): number {
  if (!isOrdinary(x)) return logOfOther(x);
  // The same as logInTwo in one double where that is enough: distributions call it often.
  const k = exponentOf(x);
  const s = atanhArgument(mantissaOf(x, k) - 1);
  const sRest = rest[0] as number;
  const z = s * s;
  let series = 1 / 23;
  series = 1 / 21 + z * series;
  series = 1 / 19 + z * series;
  series = 1 / 17 + z * series;
  series = 1 / 15 + z * series;
  series = 1 / 13 + z * series;
  series = 1 / 11 + z * series;
  series = 1 / 9 + z * series;
  series = 1 / 7 + z * series;
  series = 1 / 5 + z * series;
  series = 1 / 3 + z * series;
  const low = 2 * (sRest + s * z * series);
  if (k === 0) return 2 * s + low;
  const high = k * LN2_1;
  const result = high + 2 * s;
  return result + (2 * s - (result - high) + (k * LN2_2 + low));
}

function log1p(x: number): number {
  if (!(x > -1 && x < Infinity)) return logOfOther(1 + x);
  if (Math.abs(x) < 2 ** -54) return x;
  const whole = sum(1, x);
  const lost = (rest[0] as number) / whole;
  const high = logInTwo(whole);
  return high + ((rest[0] as number) + lost);
}

/** log of x, times a factor given in two doubles, plus the exponent of x. */
function logToBase(x: number, factor: number, factorRest: number, isBase2: boolean): number {
  if (!isOrdinary(x)) return logOfOther(x);
  if (!isBase2) {
    const high = logInTwo(x);
    return product2(high, rest[0] as number, factor, factorRest);
  }
  const k = exponentOf(x);
  const m = logOfMantissa(mantissaOf(x, k) - 1);
  const high = product2(m, rest[0] as number, factor, factorRest);
  return sum2(k, 0, high, rest[0] as number);
}

// exp: of r + rRest near 0; what is taken away is a multiple of ln 2, which is a power of 2.

/** How many times ln 2 goes into x. */
function timesLn2(x: number): number {
  return Math.round(x * Math.LOG2E);
}

/** What x + xRest is beyond k · ln 2, in two doubles. */
function beyondLn2(x: number, xRest: number, k: number): number {
  const high = sum(x - k * LN2_1, -k * LN2_2);
  return sum2(high, rest[0] as number, xRest - k * LN2_3, 0);
}

/** e ** (r + rRest) - 1 - r, for r up to 0.35. */
function expBeyondLine(r: number, rRest: number): number {
  let series = 1 / 1307674368000;
  series = 1 / 87178291200 + r * series;
  series = 1 / 6227020800 + r * series;
  series = 1 / 479001600 + r * series;
  series = 1 / 39916800 + r * series;
  series = 1 / 3628800 + r * series;
  series = 1 / 362880 + r * series;
  series = 1 / 40320 + r * series;
  series = 1 / 5040 + r * series;
  series = 1 / 720 + r * series;
  series = 1 / 120 + r * series;
  series = 1 / 24 + r * series;
  series = 1 / 6 + r * series;
  series = 1 / 2 + r * series;
  return r * r * series + (rRest + rRest * r);
}

/** e ** (r + rRest), for r up to 0.35, in two doubles. */
function expNearZero(r: number, rRest: number): number {
  const beyond = expBeyondLine(r, rRest);
  const line = 1 + r;
  const lineRest = r - (line - 1);
  return sum2(line, lineRest, beyond, 0);
}

/** e ** (x + xRest). */
function expOfTwo(x: number, xRest: number): number {
  if (x > 710) return Infinity;
  if (x < -746) return 0;
  const k = timesLn2(x);
  const r = beyondLn2(x, xRest, k);
  return scale(expNearZero(r, rest[0] as number), k);
}

function exp(x: number): number {
  return Number.isNaN(x) ? x : expOfTwo(x, 0);
}

function expm1(x: number): number {
  if (Number.isNaN(x) || Math.abs(x) < 2 ** -54) return x;
  if (x > 710) return Infinity;
  if (x < -40) return -1;
  const k = timesLn2(x);
  const r = beyondLn2(x, 0, k);
  const rRest = rest[0] as number;
  if (k === 0) return r + expBeyondLine(r, rRest);
  const power = expNearZero(r, rRest);
  const powerRest = rest[0] as number;
  // Two halves of the power of 2, because the whole one may be too large.
  const half = powerOf2(k - 1);
  const high = sum2(power * half, powerRest * half, -0.5, 0);
  return 2 * high;
}

function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  const base = Math.abs(x);
  if (Math.abs(y) === Infinity) {
    if (base === 1) return Number.NaN; // as ECMAScript has it
    return base > 1 === y > 0 ? Infinity : 0;
  }
  const isWhole = Number.isInteger(y);
  const isNegative = x < 0 || Object.is(x, -0);
  const sign = isNegative && isWhole && y % 2 !== 0 ? -1 : 1;
  if (base === 0 || base === Infinity) return sign * ((base === 0) === y > 0 ? 0 : Infinity);
  if (isNegative && !isWhole) return Number.NaN;
  if (base === 1) return sign;
  const logarithm = logInTwo(base);
  const logarithmRest = rest[0] as number;
  const rough = logarithm * y;
  if (rough > 710) return sign * Infinity;
  if (rough < -746) return sign * 0;
  const exponent = product2(logarithm, logarithmRest, y, 0);
  return sign * expOfTwo(exponent, rest[0] as number);
}

// sin, cos, tan: whole quarter turns are taken away; what is left is at most an eighth of a turn.

/** Where `withoutQuarters` leaves the number of quarter turns. */
const turns = /* @__PURE__ */ new Float64Array(1);

/** What is left of x, in two doubles. */
function withoutQuarters(x: number): number {
  const n = Math.round(x / (HALF_PI_1 + HALF_PI_2));
  if (Math.abs(n) > MANY_TURNS) return withoutManyQuarters(x);
  turns[0] = n;
  let high = sum(x - n * HALF_PI_1, -n * HALF_PI_2);
  let low = rest[0] as number;
  high = sum(high, -n * HALF_PI_3);
  low += (rest[0] as number) - n * HALF_PI_4;
  const result = high + low;
  rest[0] = low - (result - high);
  return result;
}

/** The same in integers, with 1200 binary places of π. */
function withoutManyQuarters(x: number): number {
  bits.setFloat64(0, Math.abs(x));
  const exponent = bits.getInt32(0) >> 20; // not subnormal
  const mantissa = (bits.getBigUint64(0) & ((1n << 52n) - 1n)) | (1n << 52n);
  const scaled = mantissa << BigInt(exponent - 1075 + PLACES);
  const halfPi = BigInt(`0x${HALF_PI_DIGITS.replace(/\s/g, '')}`);
  const n = (scaled + halfPi / 2n) / halfPi;
  const left = (scaled - n * halfPi) >> BigInt(PLACES - LEFT_PLACES);
  const sign = x < 0 ? -1 : 1;
  turns[0] = sign * Number(n & 3n);
  const high = Number(left);
  rest[0] = sign * Number(left - BigInt(high)) * 2 ** -LEFT_PLACES;
  return sign * high * 2 ** -LEFT_PLACES;
}

const PLACES = 1200;
const LEFT_PLACES = 170;

/** π/2 with so many binary places. */
const HALF_PI_DIGITS = `
  1921fb54442d18469898cc51701b839a252049c1114cf98e804177d4c76273644a29410f31c6
  809bbdf2a33679a748636605614dbe4be286e9fc26adadaa3848bc90b6aecc4bcfd8de89885d
  34c6fdad617feb96de80d6fdbdc70d7f6b5133f4b5d3e4822f8963fcc9250cca3d9c8b67b840
  0f97142c77e0b31b4906c38aba734d22c7f51fa499ebf06caba47b9475b2c38c5e6ac410a`;

/** The sine of r + rRest, for r up to π/4, in two doubles. */
function sinNearZero(r: number, rRest: number): number {
  const z = r * r;
  let series = -1 / 121645100408832000;
  series = 1 / 355687428096000 + z * series;
  series = -1 / 1307674368000 + z * series;
  series = 1 / 6227020800 + z * series;
  series = -1 / 39916800 + z * series;
  series = 1 / 362880 + z * series;
  series = -1 / 5040 + z * series;
  series = 1 / 120 + z * series;
  series = -1 / 6 + z * series;
  const low = r * z * series + rRest * (1 - z / 2);
  const result = r + low;
  rest[0] = low - (result - r);
  return result;
}

/** The cosine of r + rRest, for r up to π/4, in two doubles. */
function cosNearZero(r: number, rRest: number): number {
  const z = product(r, r);
  const zRest = rest[0] as number;
  let series = 1 / 2432902008176640000;
  series = -1 / 6402373705728000 + z * series;
  series = 1 / 20922789888000 + z * series;
  series = -1 / 87178291200 + z * series;
  series = 1 / 479001600 + z * series;
  series = -1 / 3628800 + z * series;
  series = 1 / 40320 + z * series;
  series = -1 / 720 + z * series;
  series = 1 / 24 + z * series;
  const line = 1 - z / 2;
  const low = 1 - line - z / 2 + (z * z * series - (zRest / 2 + r * rRest));
  const result = line + low;
  rest[0] = low - (result - line);
  return result;
}

function sin(x: number): number {
  return Math.abs(x) < 2 ** -27 ? x : sinOfTurns(x, 0);
}

function cos(x: number): number {
  return sinOfTurns(x, 1);
}

/** The sine of x and so many quarter turns. */
function sinOfTurns(x: number, more: number): number {
  if (!Number.isFinite(x)) return Number.NaN;
  const r = withoutQuarters(x);
  const turn = ((turns[0] as number) + more) & 3;
  const value = (turn & 1) === 0 ? sinNearZero(r, rest[0] as number) : cosNearZero(r, rest[0] as number);
  return turn < 2 ? value : -value;
}

function tan(x: number): number {
  if (Math.abs(x) < 2 ** -27) return x;
  if (!Number.isFinite(x)) return Number.NaN;
  const r = withoutQuarters(x);
  const rRest = rest[0] as number;
  const sine = sinNearZero(r, rRest);
  const sineRest = rest[0] as number;
  const cosine = cosNearZero(r, rRest);
  const cosineRest = rest[0] as number;
  return ((turns[0] as number) & 1) === 0
    ? quotient(sine, sineRest, cosine, cosineRest)
    : -quotient(cosine, cosineRest, sine, sineRest);
}

/** (a + aRest) / (b + bRest). */
function quotient(a: number, aRest: number, b: number, bRest: number): number {
  const q = a / b;
  const back = product(q, b);
  return q + (a - back - (rest[0] as number) + aRest - q * bRest) / b;
}

/**
 * Functions of `Math` that give the same bits in every engine, within one unit in the last place of the exact value.
 * Use them, and not `Math`'s, for whatever steers a simulation. `Math.sqrt`, `abs`, `floor` and their like are exact
 * everywhere.
 *
 * @example
 * detMath.log(10); // 2.302585092994046, everywhere
 * detMath.pow(3, 4); // 81: whole powers are whole
 */
export const detMath: Readonly<{
  /** The natural logarithm. */
  log(x: number): number;
  /** The natural logarithm of 1 + x, also for small x. */
  log1p(x: number): number;
  /** The logarithm to base 2; whole for powers of 2. */
  log2(x: number): number;
  /** The logarithm to base 10; whole for powers of 10. */
  log10(x: number): number;
  /** e to the power of x. */
  exp(x: number): number;
  /** e to the power of x, less 1, also for small x. */
  expm1(x: number): number;
  /** x to the power of y, with ECMAScript's special cases. */
  pow(x: number, y: number): number;
  /** The sine of x radians. */
  sin(x: number): number;
  /** The cosine of x radians. */
  cos(x: number): number;
  /** The tangent of x radians. */
  tan(x: number): number;
}> = {
  log,
  log1p,
  log2: (x) => logToBase(x, Math.LOG2E, PER_LN2_REST, true),
  log10: (x) => logToBase(x, Math.LOG10E, PER_LN10_REST, false),
  exp,
  expm1,
  pow,
  sin,
  cos,
  tan,
};
