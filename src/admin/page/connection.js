const TOKEN_KEY = 'sluice-admin-token';
const SILENCE_MS_MAX = 5000;
const RETRY_MS = 1000;
const RETRY_MS_MAX = 10_000;

/** This tab's alone, and gone with it. No cookie: a browser would send that with requests other sites make. */
export const token = {
  get: () => sessionStorage.getItem(TOKEN_KEY),
  set: (value) => sessionStorage.setItem(TOKEN_KEY, value),
  forget: () => sessionStorage.removeItem(TOKEN_KEY),
};

function headers() {
  const value = token.get();
  return { 'x-sluice-admin': '1', ...(value !== null && { authorization: `Bearer ${value}` }) };
}

/** Asks for a change. Throws an Error that says why it was not made. @returns the answer. */
export async function post(path, content) {
  const response = await fetch(path, { method: 'POST', cache: 'no-store', headers: { ...headers(), 'content-type': 'application/json' }, body: JSON.stringify(content) });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Error(answer.detail ?? `status ${response.status}`);
}

/**
 * Follows the stream of events for as long as the page is there, over a fetch, because an EventSource sends no header.
 * Ends with `onToken` where a token is needed, or another one.
 */
export function follow({ onEvent, onState, onToken }) {
  let waitMs = RETRY_MS;
  const attempt = async () => {
    const outcome = await readStream(onEvent, onState);
    if (outcome === 'token') {
      onToken();
      return;
    }
    waitMs = outcome === 'was live' ? RETRY_MS : Math.min(waitMs * 2, RETRY_MS_MAX);
    onState('lost');
    setTimeout(attempt, waitMs);
  };
  void attempt();
}

async function readStream(onEvent, onState) {
  const controller = new AbortController();
  let outcome = 'failed';
  let timer = 0;
  let rest = '';
  // A connection that died without a word is told by its silence.
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(), SILENCE_MS_MAX);
  };
  const write = (chunk) => {
    watch();
    const events = (rest + chunk).split('\n\n');
    rest = events.pop();
    for (const text of events) emit(text, onEvent);
    if (events.length === 0) return;
    outcome = 'was live';
    onState('live');
  };
  try {
    watch();
    const response = await fetch('/status/stream', { cache: 'no-store', headers: headers(), signal: controller.signal });
    if (response.status === 401) return 'token';
    if (response.ok) await response.body.pipeThrough(new TextDecoderStream()).pipeTo(new WritableStream({ write }));
  } catch {
    // A connection that breaks is no news: the next one will tell.
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
  return outcome;
}

function emit(text, onEvent) {
  const fields = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
  try {
    onEvent(fields.get('event'), JSON.parse(fields.get('data')));
  } catch (error) {
    // A fault of the page is for its console, and no reason to connect again.
    reportError(error);
  }
}
