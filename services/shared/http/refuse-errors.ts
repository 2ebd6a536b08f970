import type { Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { lingerThenClose } from './linger.ts';
import { type Problem, sendLastProblem, sendProblem } from './problem.ts';
import { type ProtocolRefusal, protocolProblems, refusalOfError } from './protocol-refusals.ts';

/** Told once for every request that was refused before, or while, an app had it. */
export type OnRefused = (refusal: ProtocolRefusal) => void;

/**
 * Answers what node:http's parser and timers refuse, and CONNECT, as `application/problem+json`, and closes the
 * connection. Guarantee: an answer never overtakes an earlier one of its connection, and no request gets two.
 * `latest` finds a connection's latest response; null before its first request.
 */
export function refuseErrors(server: Server, latest: (socket: Socket) => ServerResponse | null, told: OnRefused): void {
  const refused = new WeakSet<object>();
  const answer = (refusal: ProtocolRefusal, send: (problem: Problem) => void): void => {
    told(refusal);
    send(protocolProblems[refusal]);
  };

  server.on('clientError', (error, stream) => {
    const socket = stream instanceof Socket ? stream : null;
    const refusal = refusalOfError(error);
    // A connection that never sent a byte is no request.
    if (socket === null || refusal === null || socket.bytesRead === 0) return stream.destroy();
    if (!socket.writable && isOver(refusal)) return socket.destroy();
    // After its first error a parser gives the same one for every further byte.
    if (!socket.writable || refused.has(socket)) return;
    refused.add(socket);
    const response = latest(socket);
    if (response === null || response.writableFinished) {
      answer(refusal, (problem) => sendLastProblem(socket, problem));
    } else if (response.req.complete) {
      // The error is in what follows a request that is still at work: its answer comes first.
      response.once('finish', () => {
        if (socket.writable) answer(refusal, (problem) => sendLastProblem(socket, problem));
      });
    } else if (response.headersSent) {
      // Without a socket it waits behind earlier answers of its connection, which must not be thrown away.
      if (response.socket === null) response.once('finish', () => lingerThenClose(socket));
      else lingerThenClose(socket);
    } else {
      response.shouldKeepAlive = false;
      answer(refusal, (problem) => sendProblem(response, problem));
    }
  });

  server.on('connect', (_request, stream) => {
    stream.on('error', () => stream.destroy());
    stream.resume();
    if (stream instanceof Socket) answer('connect', (problem) => sendLastProblem(stream, problem));
    else stream.destroy();
  });
}

/** Nothing more will come, so nothing is left to read before the connection is closed. */
const isOver = (refusal: ProtocolRefusal): boolean => refusal === 'ended-early' || refusal === 'timeout';
