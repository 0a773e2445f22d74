// Small helps with the page's elements.

/** The element with this id, which the page has, of the class that it must be. */
export function byId<E extends Element>(id: string, type: new () => E): E {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new TypeError(`The page has no ${type.name} with the id '${id}'`);
}

/** The first element inside `parent` that matches. */
export function find<E extends Element>(parent: ParentNode, selector: string, type: new () => E): E {
  const element = parent.querySelector(selector);
  if (element instanceof type) return element;
  throw new TypeError(`There is no ${type.name} that matches '${selector}'`);
}

/** Sets a text, and leaves the page alone where it is that already. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** 1200 → '1.2 kB' */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${shorten(bytes / 1000)} kB` : `${shorten(bytes / 1_000_000)} MB`;
}

/** 0.0123 → '12 ms' */
export function formatSeconds(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

/** 1, 'URL' → '1 URL'; 2, 'URL' → '2 URLs' */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function shorten(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0).replace(/\.0$/, '');
}
