/* SPDX-License-Identifier: BSD-3-Clause */
/* Every drop reason names a node that there is (dataplane/run/drop.h). */
#include "dataplane/run/drop.h"
#include "tests/unit/board.h"

#include <rte_graph.h>

static bool there(const char *node)
{
	if (strcmp(node, "control") == 0 || strcmp(node, "several") == 0)
		return true;
	return rte_node_from_name(node) != RTE_NODE_ID_INVALID;
}

Test(drop_nodes, each_names_a_node)
{
	static const char *const reasons[][2] = {
#define _(sym, label, node, help) { label, node },
		DROP_REASONS(_)
#undef _
	};

	cr_assert(!there("ip4_nowhere"), "a node that there is not");
	for (size_t i = 0; i < RTE_DIM(reasons); i++) {
		const char *node = reasons[i][1];
		char both[2][32];

		if (strncmp(node, "ip*_", 4) == 0) {
			snprintf(both[0], sizeof(both[0]), "ip4_%s", node + 4);
			snprintf(both[1], sizeof(both[1]), "ip6_%s", node + 4);
			cr_expect(there(both[0]) && there(both[1]), "%s: %s", reasons[i][0], node);
		} else {
			cr_expect(there(node), "%s: %s", reasons[i][0], node);
		}
	}
}
