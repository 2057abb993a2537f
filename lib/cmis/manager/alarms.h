/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is wrong on a board, with one alarm for each trouble. Every manager tells what it sees after
 * each of its steps (cmis_alarms_look); from all that together follow the alarms, anew each time
 * (level-triggered): nobody acknowledges or resets one, it clears when what it is about is over.
 *
 * One trouble has many signs, and only its cause is shown:
 *
 *   a laser that is dark, failing or weak    hides what a lack of light does to the lanes it feeds,
 *   a laser source that is away or down      on whatever engine, and no lane beside them
 *   a module that is away, silent, at fault, hides everything else of it
 *   shut down or does not power up
 *   a sign on a lane                         hides those that follow from it on the same lane,
 * never one that is more severe
 *
 * When the cause goes, its signs are given `linger_ns` to go as well; what remains then shows.
 * Signs that a laser may be the cause of are believed after `settle_ns`, because the manager of the
 * laser source may be slower to notice. An alarm that comes back within 500 ms never went away.
 *
 * Lanes are 0-based and global in their engine, lasers in their source. Texts name the module, its
 * lanes ("oe0/4-7") and what to do. Nothing of a manager is kept. One thread at a time: callers
 * whose managers live on several threads hold one lock around every call; callbacks run inside
 * look() and must not call back in.
 */
#ifndef CPX_LIB_CMIS_MANAGER_ALARMS_H
#define CPX_LIB_CMIS_MANAGER_ALARMS_H

#include "lib/cmis/manager/manager.h"

/* clang-format off */
/* Constant, name; the worst first. */
#define CMIS_SEVERITIES(X) \
	X(CRITICAL, "critical") /* a module does nothing of what is wanted */ \
	X(MAJOR,    "major")    /* lanes or lasers do not work, or will not for long */ \
	X(WARNING,  "warning")  /* nothing is lost yet */

/* Constant, name, severity, what is wrong, what to do. Outages first; causes before what they hide. */
#define CMIS_ALARMS(X) \
	X(ABSENT, "absent", CRITICAL, \
	  "no module answers", "put it in, or check its seat and power") \
	X(NOT_RESPONDING, "not_responding", CRITICAL, \
	  "does not respond", \
	  "it is tried again by itself; if this stays, reset it, or check its two-wire link") \
	X(MODULE_FAULT, "module_fault", CRITICAL, \
	  "is in ModuleFault", "it is reset by itself; if this stays, replace it") \
	X(SHUT_DOWN, "shut_down", CRITICAL, \
	  "is shut down, too hot", "check the air flow; it comes back by itself when it is cool") \
	X(POWER_UP_FAILED, "power_up_failed", CRITICAL, \
	  "does not become ModuleReady", \
	  "it is tried again by itself; if this stays, check its supply or replace it") \
	X(LASER_FAILED, "laser_failed", MAJOR, \
	  "does not work", "it comes back by itself if it can; else replace the laser source") \
	X(LASER_OFF, "laser_off", MAJOR, \
	  "is not on", "want it on; if it stays off though wanted, replace the laser source") \
	X(LASER_DEGRADED, "laser_degraded", MAJOR, \
	  "is beyond an alarm threshold", "replace the laser source before it fails") \
	X(LASER_WARNING, "laser_warning", WARNING, \
	  "is beyond a warning threshold", "watch it, and plan to replace the laser source") \
	X(MODULE_FIRMWARE, "module_firmware", MAJOR, \
	  "has an error in its module firmware", \
	  "reset it; if this stays, update the firmware or replace it") \
	X(DATA_PATH_FIRMWARE, "data_path_firmware", MAJOR, \
	  "has an error in its data path firmware", \
	  "restart its ports; if this stays, update the firmware") \
	X(TEMP_HIGH_ALARM, "temp_high_alarm", MAJOR, \
	  "temperature above the alarm threshold", "check the air flow before it shuts down") \
	X(TEMP_LOW_ALARM, "temp_low_alarm", MAJOR, \
	  "temperature below the alarm threshold", "check the air flow and the room") \
	X(VCC_HIGH_ALARM, "vcc_high_alarm", MAJOR, \
	  "supply voltage above the alarm threshold", "check the supply of its socket") \
	X(VCC_LOW_ALARM, "vcc_low_alarm", MAJOR, \
	  "supply voltage below the alarm threshold", "check the supply of its socket") \
	X(AUX_ALARM, "aux_alarm", MAJOR, \
	  "an auxiliary monitor beyond an alarm threshold", \
	  "read page 02h and lower memory for which; cool or replace it") \
	X(TEMP_HIGH_WARNING, "temp_high_warning", WARNING, \
	  "temperature above the warning threshold", "check the air flow") \
	X(TEMP_LOW_WARNING, "temp_low_warning", WARNING, \
	  "temperature below the warning threshold", "check the air flow and the room") \
	X(VCC_HIGH_WARNING, "vcc_high_warning", WARNING, \
	  "supply voltage above the warning threshold", "check the supply of its socket") \
	X(VCC_LOW_WARNING, "vcc_low_warning", WARNING, \
	  "supply voltage below the warning threshold", "check the supply of its socket") \
	X(AUX_WARNING, "aux_warning", WARNING, \
	  "an auxiliary monitor beyond a warning threshold", \
	  "read page 02h and lower memory for which; watch it") \
	X(CHECKSUM, "checksum", WARNING, \
	  "a checksum does not match", \
	  "its pages are used as they are; report this to its vendor") \
	X(PORT_FAILED, "port_failed", MAJOR, \
	  "the port does not come up", \
	  "it is tried again by itself; if this stays, check what is wanted of it") \
	X(TX_FAULT, "tx_fault", MAJOR, \
	  "transmitter failed", "if restarting the port does not help, replace the module") \
	X(TX_LOS, "tx_los", MAJOR, \
	  "no signal from the host", "check that the host sends on these lanes") \
	X(TX_LOL, "tx_lol", MAJOR, \
	  "no lock to the host's signal", "check the host's lane rate and equalisation") \
	X(TX_EQ, "tx_eq", WARNING, \
	  "input equalisation failed", "check the host's transmitter settings") \
	X(RX_LOS, "rx_los", MAJOR, \
	  "no light received", "check the fiber and the far end's transmitter") \
	X(TX_POWER_HIGH_ALARM, "tx_power_high_alarm", MAJOR, \
	  "transmitted power above the alarm threshold", "replace the module") \
	X(TX_POWER_LOW_ALARM, "tx_power_low_alarm", MAJOR, \
	  "transmitted power below the alarm threshold", \
	  "check the laser's fiber; if it is well, replace the module") \
	X(TX_BIAS_HIGH_ALARM, "tx_bias_high_alarm", MAJOR, \
	  "laser bias above the alarm threshold", "the laser is worn out: replace the module") \
	X(TX_BIAS_LOW_ALARM, "tx_bias_low_alarm", MAJOR, \
	  "laser bias below the alarm threshold", "replace the module") \
	X(RX_POWER_HIGH_ALARM, "rx_power_high_alarm", MAJOR, \
	  "received power above the alarm threshold", "attenuate, before the receiver is damaged") \
	X(RX_POWER_LOW_ALARM, "rx_power_low_alarm", MAJOR, \
	  "received power below the alarm threshold", \
	  "clean and check the fiber, look at the far end's power") \
	X(RX_LOL, "rx_lol", MAJOR, \
	  "no lock to the received signal", "check the far end's lane rate and signal") \
	X(TX_POWER_HIGH_WARNING, "tx_power_high_warning", WARNING, \
	  "transmitted power above the warning threshold", "watch it") \
	X(TX_POWER_LOW_WARNING, "tx_power_low_warning", WARNING, \
	  "transmitted power below the warning threshold", \
	  "check the laser's fiber, and watch it") \
	X(TX_BIAS_HIGH_WARNING, "tx_bias_high_warning", WARNING, \
	  "laser bias above the warning threshold", \
	  "the laser wears out: plan to replace the module") \
	X(TX_BIAS_LOW_WARNING, "tx_bias_low_warning", WARNING, \
	  "laser bias below the warning threshold", "watch it") \
	X(RX_POWER_HIGH_WARNING, "rx_power_high_warning", WARNING, \
	  "received power above the warning threshold", "attenuate") \
	X(RX_POWER_LOW_WARNING, "rx_power_low_warning", WARNING, \
	  "received power below the warning threshold", "clean and check the fiber") \
	X(BER_ALARM, "ber_alarm", MAJOR, \
	  "bit errors before FEC above the alarm threshold", \
	  "frames are lost soon: clean and check the fiber, look at the far end") \
	X(FERC_ALARM, "ferc_alarm", MAJOR, \
	  "errored frames above the alarm threshold", \
	  "frames are lost: clean and check the fiber, look at the far end") \
	X(SNR_ALARM, "snr_alarm", MAJOR, \
	  "signal to noise below the alarm threshold", \
	  "clean and check the fiber, look at the far end") \
	X(BER_WARNING, "ber_warning", WARNING, \
	  "bit errors before FEC above the warning threshold", "clean and check the fiber") \
	X(FERC_WARNING, "ferc_warning", WARNING, \
	  "errored frames above the warning threshold", "clean and check the fiber") \
	X(SNR_WARNING, "snr_warning", WARNING, \
	  "signal to noise below the warning threshold", "clean and check the fiber") \
	X(HOST_BER_ALARM, "host_ber_alarm", MAJOR, \
	  "bit errors from the host above the alarm threshold", \
	  "check the host's transmitter settings and the socket") \
	X(HOST_SNR_ALARM, "host_snr_alarm", MAJOR, \
	  "host signal to noise below the alarm threshold", \
	  "check the host's transmitter settings and the socket") \
	X(HOST_BER_WARNING, "host_ber_warning", WARNING, \
	  "bit errors from the host above the warning threshold", \
	  "check the host's transmitter settings") \
	X(HOST_SNR_WARNING, "host_snr_warning", WARNING, \
	  "host signal to noise below the warning threshold", \
	  "check the host's transmitter settings") \
	X(LIGHT_ALARM, "light_alarm", MAJOR, \
	  "light from the laser source beyond an alarm threshold", \
	  "clean and check the fiber from the laser source") \
	X(LIGHT_WARNING, "light_warning", WARNING, \
	  "light from the laser source beyond a warning threshold", \
	  "clean and check the fiber from the laser source")
/* clang-format on */

enum cmis_severity {
#define X(id, name) CMIS_SEVERITY_##id,
	CMIS_SEVERITIES(X)
#undef X
		CMIS_SEVERITY_COUNT
};

enum cmis_alarm_kind {
#define X(id, ...) CMIS_ALARM_##id,
	CMIS_ALARMS(X)
#undef X
		CMIS_ALARM_KINDS
};

const char *cmis_severity_name(enum cmis_severity severity);
const char *cmis_alarm_name(enum cmis_alarm_kind kind);
enum cmis_severity cmis_alarm_severity(enum cmis_alarm_kind kind);

#define CMIS_ALARM_DEVICES 256 /* of a board, at most */

struct cmis_alarm {
	enum cmis_severity severity;
	enum cmis_alarm_kind kind;
	unsigned device; /* that it is about */
	int laser;       /* of a laser source, else -1 */
	uint64_t lanes;  /* of this device, bit per lane; 0: the module as a whole, or a laser */
	uint64_t since_ns;
	unsigned count; /* how often it was raised */
	char text[512]; /* who: what (why); what it takes down; what to do */
	unsigned next;  /* where cmis_alarms_next() goes on */
};

enum cmis_alarm_news {
	CMIS_ALARM_RAISED,
	CMIS_ALARM_CHANGED, /* other lanes */
	CMIS_ALARM_CLEARED, /* the alarm as it was */
};

struct cmis_alarms_settings {
	/* NULL: nobody is told */
	void (*told)(void *arg, enum cmis_alarm_news news, const struct cmis_alarm *alarm);
	void *told_arg;
	uint64_t settle_ns; /* 0: 1.5 s; longer than the managers' monitor_ns */
	uint64_t linger_ns; /* 0: 2.5 s; longer than a reading of monitors and a flag's hold */
};

struct cmis_alarms;

/* 0, -ENOMEM. *a is freed by destroy. */
int cmis_alarms_create(struct cmis_alarms **a, const struct cmis_alarms_settings *settings);
void cmis_alarms_destroy(struct cmis_alarms *a);

/*
 * A device: an engine, or a laser source (`els`; of joint mode, too, beside its engine). Names are
 * copied, 31 characters. Its number, from 0 upwards; -ENOMEM; -ENOSPC: CMIS_ALARM_DEVICES are
 * there.
 */
int cmis_alarms_add(struct cmis_alarms *a, const char *name, bool els);

/*
 * Laser `laser` of `els` feeds lane `lane` of `engine`; many to many, saying it twice is fine. 0,
 * -ERANGE: no such device, lane (0..63) or laser (0..63); -EINVAL: not an engine, or not a laser
 * source; -ENOMEM. unfeed forgets the whole map.
 */
int cmis_alarms_feed(struct cmis_alarms *a, unsigned engine, unsigned lane, unsigned els,
		     unsigned laser);
void cmis_alarms_unfeed(struct cmis_alarms *a);

/*
 * What the manager of a device sees at `now`, just stepped; of a laser source in joint mode, its
 * engine's manager. Copies what matters, then works out all alarms. m NULL: it is not managed any
 * more, and nothing of it is an alarm. Unknown devices are ignored.
 */
void cmis_alarms_look(struct cmis_alarms *a, unsigned device, const struct cmis_manager *m,
		      uint64_t now);

/*
 * Active alarms, the worst first: begin with a struct that is all zeroes, until false. Valid to go
 * on with after a look, too, though one may then be missed or seen twice.
 */
bool cmis_alarms_next(const struct cmis_alarms *a, struct cmis_alarm *alarm);
/* Lanes of any device that an alarm is about: those that its laser feeds, or its own. */
uint64_t cmis_alarms_lanes(const struct cmis_alarms *a, const struct cmis_alarm *alarm,
			   unsigned device);

#endif
