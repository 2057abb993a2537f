/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside of the alarms: alarm_levels.c copies from a manager what is so at this moment, alarms.c
 * decides what of it shows, alarm_text.c says it.
 */
#ifndef CPX_LIB_CMIS_MANAGER_ALARMS_PRIVATE_H
#define CPX_LIB_CMIS_MANAGER_ALARMS_PRIVATE_H

#include "lib/cmis/manager/alarms.h"

#define ALARM_BITS 64 /* lanes of an engine, ports by their first lane, lasers of a source */

/* What the bits of a kind are. */
enum alarm_scope { ALARM_MODULE /* bit 0 */, ALARM_LANE, ALARM_PORT, ALARM_LASER };

/* Where a kind comes from and how it is treated (alarm_levels.c). */
struct alarm_source {
	enum alarm_scope scope;
	bool outage;              /* hides everything else of its module */
	bool fed;                 /* a lack of laser light may be the cause */
	bool far;                 /* … or the lane at the far end of the fiber */
	uint16_t wait_ms;         /* it must last so long */
	bool both;                /* levels: `level`, high, and the low one after it */
	enum cmis_level level;    /* of `field` or `vdm` */
	enum cmis_field_id field; /* a flag; 0: none */
	uint8_t vdm;              /* an observable that has such a flag; 0: none */
	uint64_t under;           /* kinds that hide it on the same lane */
};
extern const struct alarm_source alarm_sources[CMIS_ALARM_KINDS];

struct alarm_item {          /* of a bit of a kind; since and count of lanes are in the first */
	uint64_t from, last; /* it is so since, and was so last */
	uint64_t since;      /* raised */
	uint32_t count;
};

struct alarm_device {
	char name[32];
	bool els;
	uint64_t fed;    /* lanes that have a laser somewhere; lasers that lanes have */
	uint64_t joined; /* lanes whose far end is one of the board's */

	/* as of the last look */
	uint64_t level[CMIS_ALARM_KINDS];
	uint64_t lanes;                  /* of wanted ports */
	uint64_t on;                     /* lasers */
	uint64_t sends;                  /* lanes that a port wants and that send */
	uint64_t low_alarm, low_warning; /* lasers whose output power is so */
	uint64_t port_lanes[ALARM_BITS]; /* by first lane */
	uint8_t port_reason[ALARM_BITS];
	struct {                      /* each as it was when it was so last */
		uint8_t failed, off;  /* enum cmis_reason */
		bool wanted;          /* though off */
		uint8_t fault, flags; /* codes; bias HA LA HW LW, power HA LA HW LW */
		double power_mw;
	} laser[ALARM_BITS];
	uint8_t state, reason, fault_cause, bad_checksums;
	bool stranger; /* a laser source is expected, and it is none */
	double temperature;

	/* alarms.c */
	uint64_t may[CMIS_ALARM_KINDS], does[CMIS_ALARM_KINDS]; /* be hidden by other kinds */
	uint64_t pending[CMIS_ALARM_KINDS]; /* it is so, or was less than 500 ms ago */
	uint64_t shown[CMIS_ALARM_KINDS];
	uint64_t dark, weak; /* lanes that lack laser light */
	uint64_t unlit, dim; /* … whose far ends do not send, or are weak */
	uint64_t unlit_ns[ALARM_BITS], dim_ns[ALARM_BITS]; /* seen so last; 0: never */
	uint64_t dark_ns[ALARM_BITS], weak_ns[ALARM_BITS]; /* lasers: seen so last; 0: never */
	struct alarm_item item[CMIS_ALARM_KINDS][ALARM_BITS];
};

struct alarm_feed {
	uint16_t engine, els;
	uint8_t lane, laser;
};

struct alarm_fiber {
	uint16_t engine[2];
	uint8_t lane[2];
};

struct cmis_alarms {
	struct cmis_alarms_settings set;
	uint64_t now;
	struct alarm_device *device[CMIS_ALARM_DEVICES];
	unsigned devices;
	struct alarm_feed *feed;
	unsigned feeds, feed_room;
	struct alarm_fiber *fiber;
	unsigned fibers, fiber_room;
	uint8_t order[CMIS_ALARM_KINDS]; /* kinds by severity */
};

/* alarm_levels.c: whether lasers of a source feed anything is in `used`, bit per laser. */
void alarm_levels(struct alarm_device *d, uint64_t used, const struct cmis_manager *m);

/* alarm_text.c */
void alarm_text(const struct cmis_alarms *a, struct cmis_alarm *alarm, unsigned bit);

#endif
