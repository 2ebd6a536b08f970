import { IncomingMessage, type ServerOptions, ServerResponse } from 'node:http';
import type { Express } from 'express';

/**
 * Requests and responses that have the prototypes of `app` from their first moment. Express sets them on every request
 * otherwise, after which V8 takes the objects for another kind than all of node:http's own code was compiled for: that
 * costs more than the rest of Express does (see bench/README.md).
 */
export function expressMessages(app: Express): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  return {
    IncomingMessage: withPrototype(IncomingMessage, app.request) as typeof IncomingMessage,
    ServerResponse: withPrototype(ServerResponse, app.response) as typeof ServerResponse,
  };
}

function withPrototype(base: new (...parameters: never[]) => object, prototype: object): unknown {
  function construct(...parameters: unknown[]): object {
    return Reflect.construct(base, parameters, construct);
  }
  construct.prototype = prototype;
  return construct;
}
