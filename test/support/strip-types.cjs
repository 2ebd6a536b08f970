'use strict';
const { createHash } = require('node:crypto');
const { stripTypeScriptTypes } = require('node:module');

/** Jest transform: Node's own type stripping. Lines and columns stay where they are, so no source map is needed. */
module.exports = {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
  getCacheKey: (source, file, { configString }) =>
    createHash('sha1')
      .update(source)
      .update('\0')
      .update(file)
      .update('\0')
      .update(configString)
      .update(process.version)
      .digest('hex'),
};
