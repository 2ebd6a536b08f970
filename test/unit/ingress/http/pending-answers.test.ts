import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../support/eventually.ts';
import { BODY_LIMIT, type IngressEdge, startIngressEdge, TOKEN } from '../../../support/ingress-edge.ts';
import { openRawConnection, type RawConnection } from '../../../support/raw-connection.ts';

const VALID = `POST /webhooks/vxt HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\ncontent-type: application/json\r\n`;
const WHOLE = `${VALID}content-length: 2\r\n\r\n{}`;
const CHUNKED = `${VALID}transfer-encoding: chunked\r\n\r\n`;

const statuses = ({ answers }: RawConnection) => answers().map(({ status }) => status);

let edge: IngressEdge;
beforeAll(async () => {
  edge = await startIngressEdge({
    receive: async () => {
      await setTimeout(100);
      return { kind: 'callLog', reason: null, published: 'durable' };
    },
  });
});
afterAll(() => edge.listening.close(0));

describe('When answers take a while, then a sender gets each of them, in order, although', () => {
  test('it closes its own side behind a whole request', async () => {
    const connection = openRawConnection(edge.listening.port);
    connection.socket.end(WHOLE);
    expect(await connection.ended()).toBeNull();
    expect(statuses(connection)).toEqual([202]);
  });

  test('it closes its own side behind two requests sent together', async () => {
    const connection = openRawConnection(edge.listening.port);
    connection.socket.end(`${WHOLE}${WHOLE}`);
    expect(await connection.ended()).toBeNull();
    expect(statuses(connection)).toEqual([202, 202]);
  });

  test.each([
    ['is over the limit', `${VALID}content-length: ${BODY_LIMIT + 1}\r\n\r\n`, 413],
    ['is broken in its chunks', `${CHUNKED}x\r\n`, 400],
  ])('a request sent behind two that are at work %s', async (_what, last, status) => {
    const connection = openRawConnection(edge.listening.port);
    connection.send(`${WHOLE}${WHOLE}${last}`);
    await eventually(() => statuses(connection).length === 3, { everyMs: 5 });
    connection.send('no request at all\r\n\r\n');
    expect(await connection.ended()).toBeNull();
    expect(statuses(connection)).toEqual([202, 202, status]);
  });

  test('a request that was refused already is broken behind its refusal, while two are at work', async () => {
    const connection = openRawConnection(edge.listening.port);
    connection.send(`${WHOLE}${WHOLE}${CHUNKED.replace(TOKEN, 'wrong')}x\r\n`);
    expect(await connection.ended()).toBeNull();
    expect(statuses(connection)).toEqual([202, 202, 401]);
  });

  test('it goes on sending behind the answer to the request that was to be its last, which it has not read yet', async () => {
    const connection = openRawConnection(edge.listening.port);
    connection.socket.pause();
    connection.send(WHOLE.replace('host: x', 'host: x\r\nconnection: close'));
    await setTimeout(300);
    connection.send(WHOLE);
    await setTimeout(50);
    connection.send(WHOLE);
    await setTimeout(50);
    connection.socket.resume();
    expect(await connection.ended()).toBeNull();
    expect(statuses(connection)).toEqual([202]);
  });
});
