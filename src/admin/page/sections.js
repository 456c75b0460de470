import { marked, setMark, setText, showMore, showRows, twoLines } from './table.js';
import { count, day, duration, percent, rate, routeName, span, timeOfDay } from './text.js';

const MARKS = { good: '✓', warning: '!', bad: '✕' };
const STATE_MARKS = { up: 'good', 'slow-start': 'good', 'half-open': 'warning', draining: 'warning' };

const byId = (id) => document.getElementById(id);
const bodyOf = (id) => byId(id).querySelector('tbody');

export function showVerdict(verdict) {
  for (const [id, { level, answer, facts }] of Object.entries(verdict)) {
    const card = byId(id);
    setMark(card, level);
    setText(card.querySelector('.answer'), `${MARKS[level]} ${answer}`);
    const list = card.querySelector('ul');
    while (list.children.length > facts.length) list.lastElementChild.remove();
    while (list.children.length < facts.length) list.append(document.createElement('li'));
    for (const [index, fact] of facts.entries()) setText(list.children[index], fact);
  }
  document.title = `${verdict.up.level === 'good' && verdict.failing.level === 'good' ? '' : `${MARKS.warning} `}Sluice: up? ${verdict.up.answer}`;
}

export function showGateway({ state, version, generation, startedMs, listeners, workers, workersReady }, nowMs) {
  const places = listeners.map(({ kind, address }) => `${kind} ${address}`).join(', ');
  setText(byId('gateway'), `${state === 'ready' ? '' : `${state} · `}version ${version} · generation ${generation} · up ${span(nowMs - startedMs)} · ${workersReady} of ${workers} workers · ${places}`);
}

/** @param chosen route whose plots are shown; null: all. */
export function showRoutes({ items, total }, traffic, chosen, onChoose) {
  const known = new Set(items.map(({ id }) => id));
  const others = traffic.routes.filter((route) => !known.has(route)).map((id) => ({ id, upstream: null, action: '' }));
  const rows = [{ id: null, upstream: null, action: '' }, ...items, ...others];
  showRows(bodyOf('routes'), rows, ({ id }) => (id === null ? 'all' : `route ${id}`), ({ id, upstream, action }) => {
    const { requests, errors, p50Ms, p95Ms } = traffic.minuteOf(id);
    return [
      (cell) => showChoice(cell, id, id === chosen, onChoose),
      upstream ?? action,
      rate(requests / 60),
      marked(percent(errors, requests), errors > 0 ? 'bad' : ''),
      duration(p50Ms),
      duration(p95Ms),
    ];
  });
  showMore(byId('traffic'), { items, total }, 'routes');
}

function showChoice(cell, id, isChosen, onChoose) {
  if (cell.firstElementChild === null) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'choice';
    button.addEventListener('click', () => onChoose(id));
    cell.append(button);
  }
  setText(cell.firstElementChild, id === null ? 'All routes' : routeName(id));
  cell.firstElementChild.setAttribute('aria-pressed', String(isChosen));
}

export function showTargets(targets, nowMs, onChange) {
  showRows(bodyOf('targets'), targets.items, ({ upstream, key }) => `${upstream} ${key}`, (target) => {
    const { upstream, key, state, reason, sinceMs, inFlight, requests, failures } = target;
    return [
      twoLines(key, key === upstream ? '' : upstream),
      (cell) => showState(cell, state),
      count(inFlight),
      count(requests),
      marked(count(failures), failures > 0 ? 'bad' : ''),
      twoLines(reason, `for ${span(nowMs - sinceMs)}`),
      (cell) => showChanges(cell, target, onChange),
    ];
  }, 'No route forwards anywhere.');
  showMore(byId('targets'), targets, 'targets');
}

function showState(cell, state) {
  const mark = STATE_MARKS[state] ?? 'bad';
  setMark(cell, mark);
  setText(cell, `${MARKS[mark]} ${state.replace('-', ' ')}`);
}

/** Three buttons, of which those are shown that would change something. */
function showChanges(cell, target, onChange) {
  const { key, state } = target;
  const isOut = state === 'down' || state === 'draining';
  const changes = [['drain', 'Drain', !isOut], ['down', 'Take down', state !== 'down'], ['up', 'Put back', isOut]];
  if (cell.children.length === 0) {
    cell.classList.add('changes');
    for (const [mode, label] of changes) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = label;
      button.setAttribute('aria-label', `${label} ${key}`);
      // What it belongs to may have changed since the row was made.
      button.addEventListener('click', () => onChange(cell.target, mode, button));
      cell.append(button);
    }
  }
  cell.target = target;
  for (const [index, [, , isUseful]] of changes.entries()) cell.children[index].hidden = !isUseful;
}

export function showErrors(errors) {
  showRows(bodyOf('errors'), errors.items, ({ requestId, time }) => `${time} ${requestId}`, ({ time, status, code, method, host, path, route, reason, target, requestMs, client, requestId }) => [
    timeOfDay(Date.parse(time)),
    twoLines(String(status), code),
    twoLines(`${method} ${host}${path}`, `${routeName(route)}${target === '' ? '' : ` → ${target}`}`),
    twoLines(reason === '' ? 'The upstream answered so.' : reason, `after ${duration(requestMs ?? -1)}, client ${client}`),
    requestId,
  ], 'None that Sluice remembers.');
}

export function showCodes(codes) {
  showCounts('codes', codes, ({ code }) => code, '', 'None in the last hour.');
}

export function showLimits(limits) {
  showCounts('limits', limits, ({ limits: text, code }) => twoLines(text, code), 'warning', 'No limit was reached in the last hour.');
}

function showCounts(id, { items }, first, mark, nothing) {
  showRows(bodyOf(id), items, ({ code, route }) => `${code} ${route}`, (item) => [first(item), routeName(item.route), marked(count(item.lastMinute), item.lastMinute > 0 ? mark : ''), count(item.lastHour)], nothing);
}

export function showCertificates(certificates) {
  showRows(bodyOf('certificates'), certificates.items, ({ names, source }) => `${source} ${names.join(' ')}`, ({ names, daysLeft, notAfter, source, renewal, error }) => [
    names.join(', '),
    twoLinesMarked(daysLeft === null ? 'none yet' : count(daysLeft), notAfter === null ? '' : day(Date.parse(notAfter)), daysLeft === null || daysLeft < 7 ? 'bad' : ''),
    source,
    error === '' ? twoLines(renewal.at === null ? renewal.why : day(Date.parse(renewal.at)), renewal.at === null ? '' : renewal.why) : marked(error, 'bad'),
  ], 'There is none: nothing listens for HTTPS.');
  showMore(byId('certificates'), certificates, 'certificates');
}

function twoLinesMarked(first, second, mark) {
  return (cell) => {
    twoLines(first, second)(cell);
    setMark(cell, mark);
  };
}

export function showGenerations(generations) {
  const items = generations.items.map(({ generation, at, ms, verdict, changes, moreChanges }) => {
    const item = document.createElement('li');
    const total = changes.length + moreChanges;
    const text = `Generation ${generation}: ${day(Date.parse(at))}, ${total === 0 ? 'no changes' : `${count(total)} ${total === 1 ? 'change' : 'changes'}`}, took ${duration(ms)}${verdictText(verdict)}`;
    if (total === 0) {
      item.append(lineOf('p', 'generation', text));
      return item;
    }
    const details = lineOf('details', 'generation', '');
    details.append(lineOf('summary', '', text), ...changes.map((change) => changeOf(change)));
    if (moreChanges > 0) details.append(lineOf('p', 'more', `${count(moreChanges)} more changes are not shown.`));
    item.append(details);
    return item;
  });
  byId('generations').querySelector('ol').replaceChildren(...items);
  showMore(byId('generations'), generations, 'generations');
}

/** What the guard of reloads says of it. */
function verdictText({ outcome, reason }) {
  switch (outcome) {
    case 'watched': return ', still watched';
    case 'kept': return ', watched and kept';
    case 'rolled_back': return `, taken back: ${reason}`;
    case 'stuck': return `, worse than the one before, which could not be brought back: ${reason}`;
    default: return '';
  }
}

/** As `diff` writes it: the signs say what the colours say. */
function changeOf({ path, before, after, from }) {
  const change = lineOf('div', 'change', '');
  change.append(lineOf('p', '', `${path} (${from})`));
  if (before !== null) change.append(lineOf('del', '', `− ${before}`));
  if (after !== null) change.append(lineOf('ins', '', `+ ${after}`));
  return change;
}

function lineOf(name, className, text) {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  element.textContent = text;
  return element;
}
