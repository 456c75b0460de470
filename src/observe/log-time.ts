const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Remembers the text of a second: requests come in the order of time, so it is built once for all of one second. */
class SecondText {
  readonly #build: (epochMs: number) => string;
  #second = Number.NaN;
  #text = '';

  constructor(build: (epochMs: number) => string) {
    this.#build = build;
  }

  of(epochMs: number): string {
    const second = Math.floor(epochMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = this.#build(second * 1000);
    }
    return this.#text;
  }
}

const utc = new SecondText((epochMs) => new Date(epochMs).toISOString().slice(0, 20));
const local = new SecondText((epochMs) => {
  const time = new Date(epochMs);
  return `${two(time.getDate())}/${MONTHS[time.getMonth()]}/${time.getFullYear()}:${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())} ${zone(time, '')}`;
});
const localIso = new SecondText((epochMs) => {
  const time = new Date(epochMs);
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}T${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}${zone(time, ':')}`;
});

/** ISO 8601 in UTC with ms. */
export function isoTime(epochMs: number): string {
  const ms = Math.floor(epochMs) - Math.floor(epochMs / 1000) * 1000;
  return `${utc.of(epochMs)}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`;
}

/** As the Common Log Format has it: `02/Jan/2026:03:04:05 +0000`, by the clocks of this place. */
export function commonLogTime(epochMs: number): string {
  return local.of(epochMs);
}

/** ISO 8601 by the clocks of this place: `2026-01-02T03:04:05+00:00`. */
export function localIsoTime(epochMs: number): string {
  return localIso.of(epochMs);
}

function zone(time: Date, between: string): string {
  const minutes = -time.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${between}${two(size % 60)}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
