/**
 * Shows items as rows. A row is kept as long as its item is there, so that focus and selected text survive an update.
 * `cellsOf` gives a text for each cell, or a function that fills it; the first cell is the row's header.
 */
export function showRows(body, items, keyOf, cellsOf, nothing) {
  const known = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  const { activeElement } = document;
  for (const [index, item] of items.entries()) {
    const key = keyOf(item);
    const cells = cellsOf(item);
    const row = known.get(key) ?? makeRow(body, key, cells.length);
    known.delete(key);
    for (const [at, cell] of cells.entries()) fill(row.cells[at], cell);
    if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null);
  }
  for (const row of known.values()) row.remove();
  if (items.length === 0) showNothing(body, nothing);
  // A row that was moved has lost the focus.
  if (document.activeElement !== activeElement && body.contains(activeElement)) activeElement.focus();
}

/** Writes only what has changed: a screen reader, a selection and the browser's layout are left alone otherwise. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A cell whose text has a class of its own, for colour; the text says the same. */
export function marked(text, mark) {
  return (cell) => {
    setText(cell, text);
    setMark(cell, mark);
  };
}

/** A text with a softer one below it. */
export function twoLines(first, second) {
  return (cell) => {
    if (cell.children.length !== 2) cell.replaceChildren(document.createElement('span'), document.createElement('small'));
    setText(cell.firstElementChild, first);
    setText(cell.lastElementChild, second);
  };
}

export function setMark(element, mark) {
  if (element.dataset.mark !== mark) element.dataset.mark = mark;
}

export function showMore(section, { items, total }, noun) {
  const note = section.querySelector('.more');
  note.hidden = total <= items.length;
  setText(note, `${total - items.length} more ${noun} are not shown.`);
}

function makeRow(body, key, length) {
  const row = document.createElement('tr');
  row.dataset.key = key;
  const heads = body.parentElement.tHead.rows[0].cells;
  for (let at = 0; at < length; at += 1) {
    const cell = document.createElement(at === 0 ? 'th' : 'td');
    if (at === 0) cell.scope = 'row';
    cell.className = heads[at].className;
    if (at > 0) cell.dataset.label = heads[at].textContent;
    row.append(cell);
  }
  return row;
}

function fill(cell, content) {
  if (typeof content === 'function') content(cell);
  else setText(cell, content);
}

function showNothing(body, text) {
  const cell = document.createElement('td');
  const row = document.createElement('tr');
  cell.colSpan = body.parentElement.tHead.rows[0].cells.length;
  cell.className = 'nothing';
  cell.textContent = text;
  row.dataset.key = 'nothing';
  row.append(cell);
  body.replaceChildren(row);
}
