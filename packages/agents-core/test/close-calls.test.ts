import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeCalls } from '../src/index.ts';
import type { Message, Part } from '../src/index.ts';

const call = (id: string): Part => ({ type: 'tool-call', id, name: 'read_file', arguments: {} });
const result = (id: string): Part => ({ type: 'tool-result', id, name: 'read_file', content: 'x' });

describe('a conversation that broke off', () => {
  it('is left alone when every call has its result', () => {
    const messages: Message[] = [{ role: 'user', content: 'go' }, { role: 'assistant', content: [call('1'), call('2')] }, { role: 'tool', content: [result('1'), result('2')] }];
    expect(closeCalls(messages)).toBe(messages);
  });

  it('has calls without a result answered as cancelled, in the order of the calls', () => {
    const closed = closeCalls([{ role: 'assistant', content: [call('1'), call('2'), call('3')] }, { role: 'tool', content: [result('3')] }, { role: 'tool', content: [result('1'), result('1'), result('9')] }]);
    expect(closed).toHaveLength(2);
    expect(closed[1]).toMatchObject({ role: 'tool', content: [{ id: '1', content: 'x' }, { id: '2', content: { ok: false, code: 'cancelled' }, isError: true }, { id: '3', content: 'x' }] });
  });

  it('is whole whatever was lost of it', () => {
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 });
    const message = fc.oneof(
      ids.map((own): Message => ({ role: 'assistant', content: [{ type: 'text', text: 't' }, ...own.map(call)] })),
      ids.map((own): Message => ({ role: 'tool', content: own.map(result) })),
      fc.constant<Message>({ role: 'user', content: 'u' }),
    );
    fc.assert(fc.property(fc.array(message, { maxLength: 8 }), (messages) => {
      const closed = closeCalls(messages);
      for (const [index, { role, content }] of closed.entries()) {
        const parts = typeof content === 'string' ? [] : content;
        const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []));
        if (role === 'tool') expect(closed[index - 1]?.role).toBe('assistant');
        if (calls.length > 0) expect((closed[index + 1]?.content as Part[]).map((part) => part.type === 'tool-result' && part.id)).toEqual(calls);
      }
      expect(closeCalls(closed)).toEqual(closed);
    }));
  });
});
