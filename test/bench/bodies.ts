/** An order as a shop would list it, so that compression has something to find. */
function orders(bytes: number): string {
  const list: string[] = [];
  for (let length = 0, id = 1; length < bytes; id += 1) {
    const order = JSON.stringify({ id, customer: `customer-${(id * 7919) % 1000}`, state: id % 3 === 0 ? 'shipped' : 'open', total: ((id * 104_729) % 100_000) / 100 });
    list.push(order);
    length += order.length + 1;
  }
  return `[${list.join(',')}]`;
}

/** What the target answers, by path; every other path gets the small one. */
export const bodies: ReadonlyMap<string, string> = new Map([
  ['/small', '{"status":"ok","id":12345,"name":"a small answer, as most of an API are","tags":["one","two","three"]}'],
  ['/10k', orders(10_240)],
  ['/1m', orders(1_048_576)],
]);
