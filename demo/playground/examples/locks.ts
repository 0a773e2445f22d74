import * as asyncio from 'asyncio-web';

let balance = 100;

function* withdraw(amount: number): asyncio.Coroutine<void> {
  const seen = balance;
  yield* asyncio.sleep(0.1); // the bank thinks
  balance = seen - amount;
}

function* main() {
  yield* asyncio.gather(withdraw(10), withdraw(20), withdraw(30));
  console.log(`without a lock: ${balance}, should be 40`);

  balance = 100;
  const account = new asyncio.Lock();
  function* safely(amount: number): asyncio.Coroutine<void> {
    yield* asyncio.asyncWith(account, () => withdraw(amount));
  }
  const clerks = [10, 20, 30].map((amount) =>
    asyncio.createTask(safely(amount), { name: `clerk-${amount}` }),
  );
  yield* asyncio.gather(...clerks);
  console.log(`with a lock: ${balance}`);
}

asyncio.run(main);
