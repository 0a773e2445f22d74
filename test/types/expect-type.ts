// For tests of types: `expectType<Equal<number>>()(value)` compiles only if the type of value is exactly number.

/** Stands for one type, exactly. */
export interface Equal<T> {
  readonly exactly: T;
}

type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;

/** Takes only a value of exactly the type that is given. */
export function expectType<E extends Equal<unknown>>(): <A>(
  value: A & (Same<A, E['exactly']> extends true ? unknown : never),
) => void {
  return () => undefined;
}

// The check itself: narrower, wider and any are not the type.

// @ts-expect-error: 1 is narrower than number
expectType<Equal<number>>()(1 as const);
// @ts-expect-error: number | string is wider
expectType<Equal<number>>()(0 as number | string);
// @ts-expect-error: unknown is wider
expectType<Equal<number>>()(0 as unknown);
// biome-ignore lint/suspicious/noExplicitAny: it is what must be refused
const anything: any = 0;
// @ts-expect-error: any is not number
expectType<Equal<number>>()(anything);
expectType<Equal<number>>()(0 as number);
