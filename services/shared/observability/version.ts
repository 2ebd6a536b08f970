/** The version of the system, as `vxt_build_info` tells it. */
export const VERSION = '0.1.0';
