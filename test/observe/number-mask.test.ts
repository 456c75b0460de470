import * as fc from 'fast-check';
import t from 'tap';
import { maskNumbers } from '../../src/observe/number-mask.ts';

const KOREAN = ['010-1234-5678', '01012345678', '010 1234 5678', '010.1234.5678', '(010) 1234-5678', '02-123-4567', '02-1234-5678', '031-123-4567', '0212345678', '070-1234-5678', '011-234-5678'];
const INTERNATIONAL = [
  '+82-10-1234-5678', '+82 10 1234 5678', '+821012345678', '82-10-1234-5678', '0082 10 1234 5678', '+1 (415) 555-2671', '+14155552671', '(415) 555-2671', '415-555-2671', '1-415-555-2671',
  '+44 20 7946 0958', '020 7946 0958', '+49 30 123456', '030 123456-78', '+33 1 23 45 67 89', '01 23 45 67 89', '+81-3-1234-5678', '090-1234-5678', '+86 138 1234 5678', '+972-50-123-4567',
];
const CARDS = ['4111111111111111', '4111 1111 1111 1111', '5555-5555-5555-4444', '378282246310005', '3782 822463 10005', '6011111111111117', '2223003122003222', '4222222222222'];

await t.test('phone numbers are masked as people write them, alone, in a sentence and in a URL', async (t) => {
  for (const number of [...KOREAN, ...INTERNATIONAL]) {
    t.equal(maskNumbers(number, true, false), '[phone]', number);
    t.equal(maskNumbers(`call ${number}, please`, true, false), 'call [phone], please', number);
    t.equal(maskNumbers(`전화${number}로`, true, false), '전화[phone]로', number);
    t.equal(maskNumbers(`?tel=${encodeURIComponent(number)}&a=1`, true, false), '?tel=[phone]&a=1', number);
    t.equal(maskNumbers(`?tel=${number.replaceAll(' ', '+').replace(/^\+/, '%2B')}&a=1`, true, false), '?tel=[phone]&a=1', number);
    t.equal(maskNumbers(`/users/${number}/orders`, true, false), '/users/[phone]/orders', number);
  }
  t.equal(maskNumbers('010-1234-5678,01087654321 and +1 415 555 2671', true, false), '[phone],[phone] and [phone]');
  t.equal(maskNumbers('5 010-1234-5678', true, false), '5 [phone]', 'another number before it');
});

await t.test('cards are masked where the check digit is right', async (t) => {
  for (const card of CARDS) {
    t.equal(maskNumbers(`pay ${card}.`, false, true), 'pay [card].', card);
    t.equal(maskNumbers(`?c=${encodeURIComponent(card)}`, false, true), '?c=[card]', card);
    t.equal(maskNumbers(card, true, false), card, 'and not as a phone');
  }
  for (const other of ['4111111111111112', '1767323045678', '411111111111', '41111111111111111111111111']) t.equal(maskNumbers(other, false, true), other);
  t.equal(maskNumbers('4111 1111 1111 1111 123', true, true), '[card] 123', 'with its code behind it');
});

await t.test('what is no personal number stays readable', async (t) => {
  const harmless = [
    '/api/orders/42?page=2', '2026-01-02T03:04:05.067Z', '1767323045', '1767323045678', '192.168.100.20', '10.0.0.1:8080', '0f8fad5b-d9cb-469f-a165-70867728950e',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.7499.110 Safari/537.36', 'react@18.2.0', '20260102030405',
    'sha256-0123456789abcdef0123456789abcdef', 'v1.22.333.4444', 'E123456', '12345678', '1,234,567,890', 'a01012345678b',
  ];
  for (const text of harmless) t.equal(maskNumbers(text, true, true), text);
});

await t.test('threat: a long text of digits and signs takes no long time', async (t) => {
  for (const unit of ['1', '(', '1 ', '+1-', '%2B', '0 1', '010-']) {
    const text = unit.repeat(2048 / unit.length);
    const startMs = performance.now();
    for (let round = 0; round < 10; round += 1) maskNumbers(text, true, true);
    t.ok(performance.now() - startMs < 1000, unit);
  }
});

await t.test('whatever stands around a number, it is not shown', async () => {
  fc.assert(fc.property(fc.constantFrom(...KOREAN), fc.constantFrom('', ' ', '/', '=', '&', '"', '한', 'é', ':', '_'), fc.constantFrom('', ' ', '/', '&', '"', '글', ',', '_'), (number, before, after) =>
    !maskNumbers(`${before}${number}${after}`, true, true).includes(number.slice(-4))));
});
