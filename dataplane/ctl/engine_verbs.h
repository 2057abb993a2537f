/* SPDX-License-Identifier: BSD-3-Clause */
/* Verbs of the control socket that are about engines (engine_verbs.c, engine_alarms.c), for the
 * table in verbs.c. */
#ifndef CPX_DATAPLANE_CTL_ENGINE_VERBS_H
#define CPX_DATAPLANE_CTL_ENGINE_VERBS_H

#include "dataplane/ctl/control_request.h"

#define ENGINE_VERB(name) \
	int engine_verb_##name(void *board, const json_t *request, json_t *reply, struct err *err)
ENGINE_VERB(list);
ENGINE_VERB(read);
ENGINE_VERB(up);
ENGINE_VERB(down);
ENGINE_VERB(loopback);
ENGINE_VERB(prbs);
ENGINE_VERB(prbs_results);
ENGINE_VERB(reset);
ENGINE_VERB(lowpower);
ENGINE_VERB(inject);
ENGINE_VERB(alarms);
#undef ENGINE_VERB

#endif
