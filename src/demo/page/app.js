const LOG_LINES_MAX = 6;
const MEGABYTES_20 = 20_000_000;
const HANG_MS_MAX = 10_000;
const counts = new Map();

const byId = (id) => document.getElementById(id);

function addLine(list, text) {
  const item = document.createElement('li');
  item.textContent = text;
  list.prepend(item);
  while (list.children.length > LOG_LINES_MAX) list.lastElementChild.remove();
}

/** An action may fail where it awaits; the page says so instead of a console nobody looks at. */
function onEvent(id, type, action) {
  byId(id).addEventListener(type, (event) => {
    action(event).catch((error) => {
      byId('balance-note').textContent = `That failed: ${error.message}.`;
    });
  });
}

/** Asks, and counts who answered: the app names its instance, the gateway's own answers name none. */
async function ask(path, options) {
  const startedAt = performance.now();
  const response = await fetch(path, { cache: 'no-store', ...options });
  const name = response.headers.get('x-demo-instance') ?? 'gateway';
  counts.set(name, (counts.get(name) ?? 0) + 1);
  return { response, name, ms: Math.round(performance.now() - startedAt) };
}

function showBars() {
  const most = Math.max(...counts.values(), 1);
  const rows = [...counts].toSorted(([a], [b]) => a.localeCompare(b)).map(([name, count]) => {
    const row = document.createElement('div');
    const label = document.createElement('span');
    const bar = document.createElement('progress');
    const total = document.createElement('span');
    row.className = 'bar';
    label.textContent = name;
    bar.max = most;
    bar.value = count;
    total.textContent = count;
    row.append(label, bar, total);
    return row;
  });
  byId('bars').replaceChildren(...rows);
}

async function sendMany(count) {
  const answers = await Promise.allSettled(Array.from({ length: count }, () => ask('/health')));
  const bad = answers.filter((answer) => answer.status === 'rejected' || !answer.value.response.ok).length;
  byId('balance-note').textContent = bad === 0 ? `${count} sent, none lost.` : `${count} sent, ${bad} failed.`;
  showBars();
}

function startBalancing() {
  let timer = null;
  onEvent('send', 'click', () => sendMany(30));
  byId('stream').addEventListener('click', () => {
    if (timer === null) timer = setInterval(sendMany, 250, 3);
    else {
      clearInterval(timer);
      timer = null;
    }
    byId('stream').setAttribute('aria-pressed', String(timer !== null));
  });
  onEvent('stop', 'click', async () => {
    const { response, name } = await ask('/stop', { method: 'POST' });
    byId('balance-note').textContent = response.ok ? `${name} stops now and comes back in 15 seconds. Keep sending.` : `Not stopped: ${response.status}.`;
    showBars();
  });
}

function startEvents() {
  const source = new EventSource('/events');
  source.addEventListener('tick', (event) => {
    const { instance, time, isLate } = JSON.parse(event.data);
    addLine(byId('events'), `${time.slice(11, 19)} ${instance}${isLate ? ' (sent again)' : ''}`);
  });
  source.addEventListener('error', () => addLine(byId('events'), 'broken off, coming back …'));
}

function startEcho() {
  let socket = null;
  const connect = () => {
    socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws?greet=1`);
    socket.addEventListener('message', (event) => addLine(byId('echoes'), `← ${event.data}`));
    socket.addEventListener('close', () => {
      addLine(byId('echoes'), 'closed, coming back …');
      setTimeout(connect, 1000);
    });
  };
  connect();
  byId('echo').addEventListener('submit', (event) => {
    event.preventDefault();
    const text = byId('message').value;
    if (socket.readyState !== WebSocket.OPEN) return;
    addLine(byId('echoes'), `→ ${text}`);
    socket.send(text);
  });
}

function startFailures() {
  const answer = byId('failure-answer');
  onEvent('failures', 'click', async ({ target }) => {
    const { path } = target.dataset;
    if (path === undefined) return;
    answer.textContent = `GET ${path} …`;
    try {
      const { response, name, ms } = await ask(path, { signal: AbortSignal.timeout(HANG_MS_MAX) });
      answer.textContent = `GET ${path}\n${response.status} from ${name} after ${ms} ms\n\n${await response.text()}`;
    } catch (error) {
      answer.textContent = `GET ${path}\nno answer: ${error.message}`;
    }
    showBars();
  });
}

function startBodies() {
  const note = byId('body-note');
  const measure = async (verb, path, options, bytesOf) => {
    note.textContent = '…';
    const startedAt = performance.now();
    try {
      const { response, name } = await ask(path, options);
      const bytes = response.ok ? await bytesOf(response) : 0;
      const seconds = (performance.now() - startedAt) / 1000;
      note.textContent = response.ok ? `${name} ${verb} ${(bytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(2)} s.` : `Not done: ${response.status}.`;
    } catch (error) {
      note.textContent = `Not done: ${error.message}.`;
    }
    showBars();
  };
  onEvent('upload', 'click', () =>
    measure('took', '/upload', { method: 'POST', body: new Blob([new Uint8Array(MEGABYTES_20)]) }, async (response) => (await response.json()).bytes),
  );
  onEvent('download', 'click', () =>
    measure('sent', `/download?bytes=${MEGABYTES_20}`, {}, async (response) => (await response.arrayBuffer()).byteLength),
  );
}

async function showInfo() {
  const { response } = await ask('/api/info');
  const { headers, ...facts } = await response.json();
  const rows = Object.entries({ ...facts, ...headers }).map(([name, value]) => {
    const row = document.createElement('tr');
    const label = document.createElement('th');
    const cell = document.createElement('td');
    label.scope = 'row';
    label.textContent = name;
    cell.textContent = value;
    row.append(label, cell);
    return row;
  });
  byId('info').replaceChildren(...rows);
  showBars();
}

startBalancing();
startEvents();
startEcho();
startFailures();
startBodies();
showInfo().catch((error) => addLine(byId('events'), error.message));
