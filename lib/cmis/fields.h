/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The register map, once: every field of CMIS 5.x and of ELSFP-CMIS that cpx knows. Names, dump,
 * decode, the emulated engine's access rules and the manager all come from these lines, so a field
 * is added here and nowhere else. `CMIS_` + name is its constant (field.h); X receives a line as
 *
 *   name    as in the standard
 *   page    page number, LOWER for bytes 0..127
 *   byte    of the first element; bit: its lowest bit there; size: bits of one element
 *   index   how many elements follow each other and what numbers them (enum cmis_index)
 *   type    what the bits mean (enum cmis_type); several bytes are big endian unless LE
 *   access  RO, RW, WO (reads 0), SC (RW, clears itself), COR (clear on read)
 *   scale   value = bits * scale, in `unit` (enum cmis_unit)
 *   needs   the field that advertises this one: where that reads 0 the value is absent, not 0
 *
 * Pages 21h-23h, 25h-27h, 29h-2Bh continue 20h, 24h, 28h, and A1h-AFh continue A0h.
 */
#ifndef CPX_LIB_CMIS_FIELDS_H
#define CPX_LIB_CMIS_FIELDS_H

/* clang-format off */
/* Lower memory: what the module is, how it is, and which application it offers. */
#define CMIS_FIELDS_LOWER(X) \
/* name                         page   byte bit size index     type     access scale     unit   needs */ \
X(SFF8024Identifier,            LOWER,   0, 0,   8, ONE,       IDENT,    RO,  1,         NONE,  Always) \
X(CmisRevision,                 LOWER,   1, 0,   8, ONE,       REVISION, RO,  1,         NONE,  Always) \
X(MemoryModel,                  LOWER,   2, 7,   1, ONE,       BOOL,     RO,  1,         NONE,  Always) \
X(SteppedConfigOnly,            LOWER,   2, 6,   1, ONE,       BOOL,     RO,  1,         NONE,  Always) \
X(MciMaxSpeed,                  LOWER,   2, 2,   2, ONE,       UINT,     RO,  1,         NONE,  Always) \
X(ModuleState,                  LOWER,   3, 1,   3, ONE,       MODULE,   RO,  1,         NONE,  Always) \
X(InterruptDeasserted,          LOWER,   3, 0,   1, ONE,       BOOL,     RO,  1,         NONE,  Always) \
X(LaneFlagsSummary,             LOWER,   4, 0,   8, BANK,      HEX,      RO,  1,         NONE,  Paged) \
X(CdbCmdCompleteFlag,           LOWER,   8, 6,   1, PAIR,      BOOL,     COR, 1,         NONE,  CdbInstances) \
X(DataPathFirmwareErrorFlag,    LOWER,   8, 2,   1, ONE,       BOOL,     COR, 1,         NONE,  Paged) \
X(ModuleFirmwareErrorFlag,      LOWER,   8, 1,   1, ONE,       BOOL,     COR, 1,         NONE,  Paged) \
X(ModuleStateChangedFlag,       LOWER,   8, 0,   1, ONE,       BOOL,     COR, 1,         NONE,  Paged) \
X(TempFlag,                     LOWER,   9, 0,   1, LEVEL,     BOOL,     COR, 1,         NONE,  TempMonSupported) \
X(VccFlag,                      LOWER,   9, 4,   1, LEVEL,     BOOL,     COR, 1,         NONE,  VccMonSupported) \
X(Aux1Flag,                     LOWER,  10, 0,   1, LEVEL,     BOOL,     COR, 1,         NONE,  Aux1MonSupported) \
X(Aux2Flag,                     LOWER,  10, 4,   1, LEVEL,     BOOL,     COR, 1,         NONE,  Aux2MonSupported) \
X(Aux3Flag,                     LOWER,  11, 0,   1, LEVEL,     BOOL,     COR, 1,         NONE,  Aux3MonSupported) \
X(CustomFlag,                   LOWER,  11, 4,   1, LEVEL,     BOOL,     COR, 1,         NONE,  CustomMonSupported) \
X(TempMonitor,                  LOWER,  14, 0,  16, ONE,       SINT,     RO,  1 / 256.0, DEGC,  TempMonSupported) \
X(VccMonitor,                   LOWER,  16, 0,  16, ONE,       UINT,     RO,  100e-6,    VOLT,  VccMonSupported) \
X(Aux1Monitor,                  LOWER,  18, 0,  16, ONE,       SINT,     RO,  1,         AUX1,  Aux1MonSupported) \
X(Aux2Monitor,                  LOWER,  20, 0,  16, ONE,       SINT,     RO,  1,         AUX2,  Aux2MonSupported) \
X(Aux3Monitor,                  LOWER,  22, 0,  16, ONE,       SINT,     RO,  1,         AUX3,  Aux3MonSupported) \
X(CustomMonitor,                LOWER,  24, 0,  16, ONE,       SINT,     RO,  1,         NONE,  CustomMonSupported) \
X(BankBroadcastEnable,          LOWER,  26, 7,   1, ONE,       BOOL,     RW,  1,         NONE,  BankBroadcastSupported) \
X(LowPwrAllowRequestHW,         LOWER,  26, 6,   1, ONE,       BOOL,     RW,  1,         NONE,  Paged) \
X(SquelchMethodSelect,          LOWER,  26, 5,   1, ONE,       BOOL,     RW,  1,         NONE,  Paged) \
X(LowPwrRequestSW,              LOWER,  26, 4,   1, ONE,       BOOL,     RW,  1,         NONE,  Paged) \
X(SoftwareReset,                LOWER,  26, 3,   1, ONE,       BOOL,     WO,  1,         NONE,  Paged) \
X(ModuleFlagMask,               LOWER,  31, 0,   8, BYTES6,    HEX,      RW,  1,         NONE,  Paged) \
X(CdbStatus,                    LOWER,  37, 0,   8, PAIR,      CDBSTATE, RO,  1,         NONE,  CdbInstances) \
X(ActiveFirmwareMajor,          LOWER,  39, 0,   8, ONE,       UINT,     RO,  1,         NONE,  Paged) \
X(ActiveFirmwareMinor,          LOWER,  40, 0,   8, ONE,       UINT,     RO,  1,         NONE,  Paged) \
X(ModuleFaultCause,             LOWER,  41, 0,   8, ONE,       FAULT,    RO,  1,         NONE,  Paged) \
X(ModuleFunctionType,           LOWER,  57, 0,   8, ONE,       UINT,     RO,  1,         NONE,  Always) \
X(FecSamplingPercent,           LOWER,  65, 0,   8, ONE,       UINT,     RO,  1,         PCT,   Cpo) \
X(NumberOfBanks,                LOWER,  70, 0,   8, ONE,       UINT,     RO,  1,         NONE,  Cpo) \
X(MediaType,                    LOWER,  85, 0,   8, ONE,       MEDIA,    RO,  1,         NONE,  Always) \
X(HostInterfaceID,              LOWER,  86, 0,   8, APP,       HOSTIF,   RO,  1,         NONE,  Always) \
X(MediaInterfaceID,             LOWER,  87, 0,   8, APP,       UINT,     RO,  1,         NONE,  Always) \
X(HostLaneCount,                LOWER,  88, 4,   4, APP,       UINT,     RO,  1,         NONE,  Always) \
X(MediaLaneCount,               LOWER,  88, 0,   4, APP,       UINT,     RO,  1,         NONE,  Always) \
X(HostLaneAssignmentOptions,    LOWER,  89, 0,   8, APP,       HEX,      RO,  1,         NONE,  Always) \
X(PasswordChange,               LOWER, 118, 0,  32, ONE,       HEX,      WO,  1,         NONE,  Paged) \
X(PasswordEntry,                LOWER, 122, 0,  32, ONE,       HEX,      WO,  1,         NONE,  Paged) \
X(BankSelect,                   LOWER, 126, 0,   8, ONE,       UINT,     RW,  1,         NONE,  Paged) \
X(PageSelect,                   LOWER, 127, 0,   8, ONE,       HEX,      RW,  1,         NONE,  Paged)

/* 00h identity, 01h advertising, 02h thresholds. */
#define CMIS_FIELDS_MODULE(X) \
/* name                         page  byte bit size index      type     access scale     unit   needs */ \
X(SFF8024IdentifierCopy,        0x00, 128, 0,   8, ONE,        IDENT,    RO,  1,         NONE,  Always) \
X(VendorName,                   0x00, 129, 0, 128, ONE,        TEXT,     RO,  1,         NONE,  Always) \
X(VendorOUI,                    0x00, 145, 0,  24, ONE,        HEX,      RO,  1,         NONE,  Always) \
X(VendorPN,                     0x00, 148, 0, 128, ONE,        TEXT,     RO,  1,         NONE,  Always) \
X(VendorRev,                    0x00, 164, 0,  16, ONE,        TEXT,     RO,  1,         NONE,  Always) \
X(VendorSN,                     0x00, 166, 0, 128, ONE,        TEXT,     RO,  1,         NONE,  Always) \
X(DateCode,                     0x00, 182, 0,  64, ONE,        TEXT,     RO,  1,         NONE,  Always) \
X(CLEICode,                     0x00, 190, 0,  80, ONE,        TEXT,     RO,  1,         NONE,  Always) \
X(ModulePowerClass,             0x00, 200, 5,   3, ONE,        CLASS,    RO,  1,         NONE,  Always) \
X(MaxPower,                     0x00, 201, 0,   8, ONE,        UINT,     RO,  0.25,      WATT,  Always) \
X(CableLength,                  0x00, 202, 0,   8, ONE,        LENGTH,   RO,  1,         METRE, Always) \
X(ConnectorType,                0x00, 203, 0,   8, ONE,        HEX,      RO,  1,         NONE,  Always) \
X(CopperAttenuation,            0x00, 204, 0,   8, FREQUENCY,  UINT,     RO,  1,         DB,    Copper) \
X(MediaLaneUnsupported,         0x00, 210, 0,   1, LANE,       BOOL,     RO,  1,         NONE,  Always) \
X(FarEndConfiguration,          0x00, 211, 0,   5, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(MediaInterfaceTechnology,     0x00, 212, 0,   8, ONE,        MEDIATECH,RO,  1,         NONE,  Always) \
X(PageChecksum00h,              0x00, 222, 0,   8, ONE,        HEX,      RO,  1,         NONE,  Always) \
X(InactiveFirmware,             0x01, 128, 0,   8, PAIR,       UINT,     RO,  1,         NONE,  Always) \
X(HardwareRevision,             0x01, 130, 0,   8, PAIR,       UINT,     RO,  1,         NONE,  Always) \
X(LengthSMF,                    0x01, 132, 0,   8, ONE,        LENGTH,   RO,  1000,      METRE, Optical) \
X(LengthOther,                  0x01, 133, 0,   8, BYTES5,     HEX,      RO,  1,         NONE,  Optical) \
X(NominalWavelength,            0x01, 138, 0,  16, ONE,        UINT,     RO,  0.05,      NM,    Optical) \
X(WavelengthTolerance,          0x01, 140, 0,  16, ONE,        UINT,     RO,  0.005,     NM,    Optical) \
X(NetworkPathPagesSupported,    0x01, 142, 7,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(VDMPagesSupported,            0x01, 142, 6,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(DiagPagesSupported,           0x01, 142, 5,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(CoherentPagesSupported,       0x01, 142, 4,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(FormFactorPagesSupported,     0x01, 142, 3,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(UserPage03hSupported,         0x01, 142, 2,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(BanksSupported,               0x01, 142, 0,   2, ONE,        BANKS,    RO,  1,         NONE,  Always) \
X(ModSelWaitTime,               0x01, 143, 0,   8, ONE,        HEX,      RO,  1,         NONE,  Always) \
X(MaxDurationDPDeinit,          0x01, 144, 4,   4, ONE,        DURATION, RO,  1,         MS,    Always) \
X(MaxDurationDPInit,            0x01, 144, 0,   4, ONE,        DURATION, RO,  1,         MS,    Always) \
X(CooledTransmitter,            0x01, 145, 7,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(TxInputClockingGroups,        0x01, 145, 5,   2, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(TimingPage15hSupported,       0x01, 145, 3,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(Aux3MonObservable,            0x01, 145, 2,   1, ONE,        UINT,     RO,  1,         NONE,  Aux3MonSupported) \
X(Aux2MonObservable,            0x01, 145, 1,   1, ONE,        UINT,     RO,  1,         NONE,  Aux2MonSupported) \
X(Aux1MonObservable,            0x01, 145, 0,   1, ONE,        UINT,     RO,  1,         NONE,  Aux1MonSupported) \
X(ModuleTempMax,                0x01, 146, 0,   8, ONE,        SINT,     RO,  1,         DEGC,  Always) \
X(ModuleTempMin,                0x01, 147, 0,   8, ONE,        SINT,     RO,  1,         DEGC,  Always) \
X(PropagationDelay,             0x01, 148, 0,  16, ONE,        UINT,     RO,  10,        NS,    Always) \
X(OperatingVoltageMin,          0x01, 150, 0,   8, ONE,        UINT,     RO,  0.02,      VOLT,  Always) \
X(RxPowerMeasurementType,       0x01, 151, 4,   1, ONE,        UINT,     RO,  1,         NONE,  Optical) \
X(RxLOSType,                    0x01, 151, 3,   1, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(TxDisableIsModuleWide,        0x01, 151, 0,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(RxOutputLevelsSupported,      0x01, 153, 4,   4, ONE,        HEX,      RO,  1,         NONE,  Always) \
X(TxInputEqMax,                 0x01, 153, 0,   4, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(RxOutputEqPostCursorMax,      0x01, 154, 4,   4, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(RxOutputEqPreCursorMax,       0x01, 154, 0,   4, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(WavelengthControlSupported,   0x01, 155, 7,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(TunableTransmitter,           0x01, 155, 6,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(SquelchMethodTx,              0x01, 155, 4,   2, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(ForcedSquelchTxSupported,     0x01, 155, 3,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(AutoSquelchDisableTxSupported,0x01, 155, 2,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(OutputDisableTxSupported,     0x01, 155, 1,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(PolarityFlipTxSupported,      0x01, 155, 0,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(BankBroadcastSupported,       0x01, 156, 7,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(AutoSquelchDisableRxSupported,0x01, 156, 2,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(OutputDisableRxSupported,     0x01, 156, 1,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(PolarityFlipRxSupported,      0x01, 156, 0,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(EqFailFlagTxSupported,        0x01, 157, 3,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(CDRLOLFlagTxSupported,        0x01, 157, 2,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(LOSFlagTxSupported,           0x01, 157, 1,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(FailureFlagTxSupported,       0x01, 157, 0,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(CDRLOLFlagRxSupported,        0x01, 158, 2,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(LOSFlagRxSupported,           0x01, 158, 1,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(CustomMonSupported,           0x01, 159, 5,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(Aux3MonSupported,             0x01, 159, 4,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(Aux2MonSupported,             0x01, 159, 3,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(Aux1MonSupported,             0x01, 159, 2,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(VccMonSupported,              0x01, 159, 1,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(TempMonSupported,             0x01, 159, 0,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(TxBiasMultiplier,             0x01, 160, 3,   2, ONE,        UINT,     RO,  1,         NONE,  TxBiasMonSupported) \
X(RxPowerMonSupported,          0x01, 160, 2,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(TxPowerMonSupported,          0x01, 160, 1,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(TxBiasMonSupported,           0x01, 160, 0,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(TxInputEqRecallBuffers,       0x01, 161, 5,   2, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(TxInputEqFreezeSupported,     0x01, 161, 4,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(AdaptiveInputEqTxSupported,   0x01, 161, 3,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(FixedInputEqTxSupported,      0x01, 161, 2,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(CDRBypassTxSupported,         0x01, 161, 1,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(CDRTxSupported,               0x01, 161, 0,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(UnidirReconfigSupported,      0x01, 162, 6,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(SCS1Supported,                0x01, 162, 5,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(OutputEqRxControl,            0x01, 162, 3,   2, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(OutputAmplitudeRxSupported,   0x01, 162, 2,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(CDRBypassRxSupported,         0x01, 162, 1,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(CDRRxSupported,               0x01, 162, 0,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(CdbInstances,                 0x01, 163, 6,   2, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(CdbBackgroundSupported,       0x01, 163, 5,   1, ONE,        BOOL,     RO,  1,         NONE,  CdbInstances) \
X(CdbAutoPagingSupported,       0x01, 163, 4,   1, ONE,        BOOL,     RO,  1,         NONE,  CdbInstances) \
X(CdbMaxEplSize,                0x01, 163, 0,   4, ONE,        UINT,     RO,  1,         NONE,  CdbInstances) \
X(CdbReadWriteLengthExtension,  0x01, 164, 0,   8, ONE,        UINT,     RO,  1,         NONE,  CdbInstances) \
X(CdbCommandTriggerMethod,      0x01, 165, 7,   1, ONE,        UINT,     RO,  1,         NONE,  CdbInstances) \
X(CdbMaxBusyTime,               0x01, 166, 0,   8, ONE,        HEX,      RO,  1,         NONE,  CdbInstances) \
X(MaxDurationModulePwrDn,       0x01, 167, 4,   4, ONE,        DURATION, RO,  1,         MS,    Always) \
X(MaxDurationModulePwrUp,       0x01, 167, 0,   4, ONE,        DURATION, RO,  1,         MS,    Always) \
X(MaxDurationDPTxTurnOff,       0x01, 168, 4,   4, ONE,        DURATION, RO,  1,         MS,    Always) \
X(MaxDurationDPTxTurnOn,        0x01, 168, 0,   4, ONE,        DURATION, RO,  1,         MS,    Always) \
X(MaxDurationBPC,               0x01, 169, 0,   4, ONE,        DURATION, RO,  1,         MS,    Always) \
X(MediaLaneAssignmentOptions,   0x01, 176, 0,   8, APP15,      HEX,      RO,  1,         NONE,  Always) \
X(HostInterfaceID9,             0x01, 223, 0,   8, APP9,       HOSTIF,   RO,  1,         NONE,  Always) \
X(MediaInterfaceID9,            0x01, 224, 0,   8, APP9,       UINT,     RO,  1,         NONE,  Always) \
X(HostLaneCount9,               0x01, 225, 4,   4, APP9,       UINT,     RO,  1,         NONE,  Always) \
X(MediaLaneCount9,              0x01, 225, 0,   4, APP9,       UINT,     RO,  1,         NONE,  Always) \
X(HostLaneAssignmentOptions9,   0x01, 226, 0,   8, APP9,       HEX,      RO,  1,         NONE,  Always) \
X(LongReadSupport,              0x01, 251, 0,   2, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(PageChecksum01h,              0x01, 255, 0,   8, ONE,        HEX,      RO,  1,         NONE,  Always) \
X(TempThreshold,                0x02, 128, 0,  16, LEVEL,      SINT,     RO,  1 / 256.0, DEGC,  TempMonSupported) \
X(VccThreshold,                 0x02, 136, 0,  16, LEVEL,      UINT,     RO,  100e-6,    VOLT,  VccMonSupported) \
X(Aux1Threshold,                0x02, 144, 0,  16, LEVEL,      SINT,     RO,  1,         AUX1,  Aux1MonSupported) \
X(Aux2Threshold,                0x02, 152, 0,  16, LEVEL,      SINT,     RO,  1,         AUX2,  Aux2MonSupported) \
X(Aux3Threshold,                0x02, 160, 0,  16, LEVEL,      SINT,     RO,  1,         AUX3,  Aux3MonSupported) \
X(CustomThreshold,              0x02, 168, 0,  16, LEVEL,      SINT,     RO,  1,         NONE,  CustomMonSupported) \
X(TxPowerThreshold,             0x02, 176, 0,  16, LEVEL,      UINT,     RO,  1e-4,      MW,    TxPowerMonSupported) \
X(TxBiasThreshold,              0x02, 184, 0,  16, LEVEL,      UINT,     RO,  0.002,     BIAS,  TxBiasMonSupported) \
X(RxPowerThreshold,             0x02, 192, 0,  16, LEVEL,      UINT,     RO,  1e-4,      MW,    RxPowerMonSupported) \
X(PageChecksum02h,              0x02, 255, 0,   8, ONE,        HEX,      RO,  1,         NONE,  Always)

/* What an application asks of its lanes: the same bytes staged (10h, sets 0 and 1) and active (11h). */
#define CMIS_CONTROL_SET(X, set, page, at, access, needs) \
X(set##AppSel,                  page,      at, 4, 4, LANE_BYTE, UINT, access, 1, NONE, needs) \
X(set##DataPathID,              page,      at, 1, 3, LANE_BYTE, UINT, access, 1, NONE, needs) \
X(set##ExplicitControl,         page,      at, 0, 1, LANE_BYTE, BOOL, access, 1, NONE, needs) \
X(set##AdaptiveInputEqEnableTx, page,  at + 8, 0, 1, LANE,      BOOL, access, 1, NONE, needs) \
X(set##AdaptiveInputEqRecallTx, page,  at + 9, 0, 2, LANE,      UINT, access, 1, NONE, needs) \
X(set##FixedInputEqTargetTx,    page, at + 11, 0, 4, LANE,      UINT, access, 1, NONE, needs) \
X(set##CDREnableTx,             page, at + 15, 0, 1, LANE,      BOOL, access, 1, NONE, needs) \
X(set##CDREnableRx,             page, at + 16, 0, 1, LANE,      BOOL, access, 1, NONE, needs) \
X(set##OutputEqPreCursorRx,     page, at + 17, 0, 4, LANE,      UINT, access, 1, NONE, needs) \
X(set##OutputEqPostCursorRx,    page, at + 21, 0, 4, LANE,      UINT, access, 1, NONE, needs) \
X(set##OutputAmplitudeRx,       page, at + 25, 0, 4, LANE,      UINT, access, 1, NONE, needs)

/* 10h lane controls, 11h lane status: a bank of eight lanes each. */
#define CMIS_FIELDS_LANE(X) \
/* name                         page  byte bit size index      type     access scale     unit   needs */ \
X(DPDeinit,                     0x10, 128, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  Always) \
X(InputPolarityFlipTx,          0x10, 129, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  PolarityFlipTxSupported) \
X(OutputDisableTx,              0x10, 130, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  OutputDisableTxSupported) \
X(AutoSquelchDisableTx,         0x10, 131, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  AutoSquelchDisableTxSupported) \
X(OutputSquelchForceTx,         0x10, 132, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  ForcedSquelchTxSupported) \
X(AdaptiveInputEqFreezeTx,      0x10, 134, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  TxInputEqFreezeSupported) \
X(AdaptiveInputEqStoreTx,       0x10, 135, 0,   2, LANE,       UINT,     WO,  1,         NONE,  TxInputEqRecallBuffers) \
X(OutputPolarityFlipRx,         0x10, 137, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  PolarityFlipRxSupported) \
X(OutputDisableRx,              0x10, 138, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  OutputDisableRxSupported) \
X(AutoSquelchDisableRx,         0x10, 139, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  AutoSquelchDisableRxSupported) \
X(SCS0_ApplyDPInit,             0x10, 143, 0,   1, LANE,       BOOL,     WO,  1,         NONE,  Always) \
X(SCS0_ApplyImmediate,          0x10, 144, 0,   1, LANE,       BOOL,     WO,  1,         NONE,  Always) \
CMIS_CONTROL_SET(X, SCS0_, 0x10, 145, RW, Always) \
X(SCS0_ApplyImmediateTx,        0x10, 176, 0,   1, LANE,       BOOL,     WO,  1,         NONE,  UnidirReconfigSupported) \
X(SCS0_ApplyImmediateRx,        0x10, 177, 0,   1, LANE,       BOOL,     WO,  1,         NONE,  UnidirReconfigSupported) \
X(SCS1_ApplyDPInit,             0x10, 178, 0,   1, LANE,       BOOL,     WO,  1,         NONE,  SCS1Supported) \
X(SCS1_ApplyImmediate,          0x10, 179, 0,   1, LANE,       BOOL,     WO,  1,         NONE,  SCS1Supported) \
CMIS_CONTROL_SET(X, SCS1_, 0x10, 180, RW, SCS1Supported) \
X(DPStateChangedMask,           0x10, 213, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  Always) \
X(FailureMaskTx,                0x10, 214, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  FailureFlagTxSupported) \
X(LOSMaskTx,                    0x10, 215, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  LOSFlagTxSupported) \
X(CDRLOLMaskTx,                 0x10, 216, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  CDRLOLFlagTxSupported) \
X(AdaptiveInputEqFailMaskTx,    0x10, 217, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  EqFailFlagTxSupported) \
X(TxPowerMask,                  0x10, 218, 0,   1, LEVEL_LANE, BOOL,     RW,  1,         NONE,  TxPowerMonSupported) \
X(TxBiasMask,                   0x10, 222, 0,   1, LEVEL_LANE, BOOL,     RW,  1,         NONE,  TxBiasMonSupported) \
X(LOSMaskRx,                    0x10, 226, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  LOSFlagRxSupported) \
X(CDRLOLMaskRx,                 0x10, 227, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  CDRLOLFlagRxSupported) \
X(RxPowerMask,                  0x10, 228, 0,   1, LEVEL_LANE, BOOL,     RW,  1,         NONE,  RxPowerMonSupported) \
X(OutputStatusChangedMaskRx,    0x10, 232, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  Always) \
X(DPState,                      0x11, 128, 0,   4, LANE,       DPSTATE,  RO,  1,         NONE,  Always) \
X(OutputStatusRx,               0x11, 132, 0,   1, LANE,       BOOL,     RO,  1,         NONE,  Always) \
X(OutputStatusTx,               0x11, 133, 0,   1, LANE,       BOOL,     RO,  1,         NONE,  Always) \
X(DPStateChangedFlag,           0x11, 134, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  Always) \
X(FailureFlagTx,                0x11, 135, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  FailureFlagTxSupported) \
X(LOSFlagTx,                    0x11, 136, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  LOSFlagTxSupported) \
X(CDRLOLFlagTx,                 0x11, 137, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  CDRLOLFlagTxSupported) \
X(AdaptiveInputEqFailFlagTx,    0x11, 138, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  EqFailFlagTxSupported) \
X(TxPowerFlag,                  0x11, 139, 0,   1, LEVEL_LANE, BOOL,     COR, 1,         NONE,  TxPowerMonSupported) \
X(TxBiasFlag,                   0x11, 143, 0,   1, LEVEL_LANE, BOOL,     COR, 1,         NONE,  TxBiasMonSupported) \
X(LOSFlagRx,                    0x11, 147, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  LOSFlagRxSupported) \
X(CDRLOLFlagRx,                 0x11, 148, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  CDRLOLFlagRxSupported) \
X(RxPowerFlag,                  0x11, 149, 0,   1, LEVEL_LANE, BOOL,     COR, 1,         NONE,  RxPowerMonSupported) \
X(OutputStatusChangedFlagRx,    0x11, 153, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  Always) \
X(TxPower,                      0x11, 154, 0,  16, LANE,       UINT,     RO,  1e-4,      MW,    TxPowerMonSupported) \
X(TxBias,                       0x11, 170, 0,  16, LANE,       UINT,     RO,  0.002,     BIAS,  TxBiasMonSupported) \
X(RxPower,                      0x11, 186, 0,  16, LANE,       UINT,     RO,  1e-4,      MW,    RxPowerMonSupported) \
X(ConfigStatus,                 0x11, 202, 0,   4, LANE,       CONFIG,   RO,  1,         NONE,  Always) \
CMIS_CONTROL_SET(X, ACS_, 0x11, 206, RO, Always) \
X(DPInitPending,                0x11, 235, 0,   1, LANE,       BOOL,     RO,  1,         NONE,  Always) \
X(MediaWavelengthTx,            0x11, 240, 4,   4, LANE_BYTE,  UINT,     RO,  1,         NONE,  Optical) \
X(MediaFiberTx,                 0x11, 240, 0,   4, LANE_BYTE,  UINT,     RO,  1,         NONE,  Optical) \
X(MediaWavelengthRx,            0x11, 248, 4,   4, LANE_BYTE,  UINT,     RO,  1,         NONE,  Optical) \
X(MediaFiberRx,                 0x11, 248, 0,   4, LANE_BYTE,  UINT,     RO,  1,         NONE,  Optical) \
/* 12h tunable lasers, 15h timing */ \
X(GridSpacing,                  0x12, 128, 4,   4, LANE_BYTE,  UINT,     RW,  1,         NONE,  Always) \
X(FineTuningEnable,             0x12, 128, 0,   1, LANE_BYTE,  BOOL,     RW,  1,         NONE,  Always) \
X(ChannelNumber,                0x12, 136, 0,  16, LANE,       SINT,     RW,  1,         NONE,  Always) \
X(FineTuningOffset,             0x12, 152, 0,  16, LANE,       SINT,     RW,  0.001,     GHZ,   Always) \
X(CurrentLaserFrequency,        0x12, 168, 0,  32, LANE,       UINT,     RO,  0.001,     GHZ,   Always) \
X(TargetOutputPower,            0x12, 200, 0,  16, LANE,       SINT,     RW,  0.01,      DBM,   Always) \
X(TuningInProgress,             0x12, 222, 1,   1, LANE_BYTE,  BOOL,     RO,  1,         NONE,  Always) \
X(WavelengthUnlocked,           0x12, 222, 0,   1, LANE_BYTE,  BOOL,     RO,  1,         NONE,  Always) \
X(TuningFlag,                   0x12, 231, 0,   8, LANE,       HEX,      COR, 1,         NONE,  Always) \
X(TuningMask,                   0x12, 239, 0,   8, LANE,       HEX,      RW,  1,         NONE,  Always) \
X(RxLatency,                    0x15, 224, 0,  16, LANE,       UINT,     RO,  1,         NS,    Always) \
X(TxLatency,                    0x15, 240, 0,  16, LANE,       UINT,     RO,  1,         NS,    Always)

/* 13h, 14h: pattern generators and checkers, loopback, what they measured. */
#define CMIS_PATTERNS(X, side, at, order) \
X(side##Enable,                 0x13, at,     0, 1, LANE, BOOL,    RW, 1, NONE, Always) \
X(side##Invert,                 0x13, at + 1, 0, 1, LANE, BOOL,    RW, 1, NONE, Always) \
X(side##order,                  0x13, at + 3, 0, 1, LANE, BOOL,    RW, 1, NONE, Always) \
X(side##Pattern,                0x13, at + 4, 0, 4, LANE, PATTERN, RW, 1, NONE, Always)

#define CMIS_FIELDS_DIAG(X) \
/* name                         page  byte bit size index      type     access scale     unit   needs */ \
X(LoopbackCapabilities,         0x13, 128, 0,   7, ONE,        HEX,      RO,  1,         NONE,  Always) \
X(MeasurementCapabilities,      0x13, 129, 0,   8, ONE,        HEX,      RO,  1,         NONE,  Always) \
X(DiagReportingCapabilities,    0x13, 130, 0,   8, ONE,        HEX,      RO,  1,         NONE,  Always) \
X(PatternCapabilities,          0x13, 131, 0,   8, ONE,        HEX,      RO,  1,         NONE,  Always) \
X(HostGeneratorPatterns,        0x13, 132, 0,   8, PAIR,       HEX,      RO,  1,         NONE,  Always) \
X(MediaGeneratorPatterns,       0x13, 134, 0,   8, PAIR,       HEX,      RO,  1,         NONE,  Always) \
X(HostCheckerPatterns,          0x13, 136, 0,   8, PAIR,       HEX,      RO,  1,         NONE,  Always) \
X(MediaCheckerPatterns,         0x13, 138, 0,   8, PAIR,       HEX,      RO,  1,         NONE,  Always) \
CMIS_PATTERNS(X, HostGenerator,  144, PreFEC) \
CMIS_PATTERNS(X, MediaGenerator, 152, PreFEC) \
CMIS_PATTERNS(X, HostChecker,    160, PostFEC) \
CMIS_PATTERNS(X, MediaChecker,   168, PostFEC) \
X(ReferenceClockControl,        0x13, 176, 0,   8, ONE,        HEX,      RW,  1,         NONE,  Always) \
X(ResetErrorInformation,        0x13, 177, 5,   1, ONE,        BOOL,     RW,  1,         NONE,  Always) \
X(MeasurementTime,              0x13, 177, 1,   3, ONE,        UINT,     RW,  1,         NONE,  Always) \
X(LoopbackMediaOutput,          0x13, 180, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  Always) \
X(LoopbackMediaInput,           0x13, 181, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  Always) \
X(LoopbackHostOutput,           0x13, 182, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  Always) \
X(LoopbackHostInput,            0x13, 183, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  Always) \
X(DiagMask,                     0x13, 206, 0,   8, BYTES8,     HEX,      RW,  1,         NONE,  Always) \
X(UserPattern,                  0x13, 224, 0,   8, BYTES32,    HEX,      RW,  1,         NONE,  Always) \
X(DiagnosticsSelector,          0x14, 128, 0,   8, ONE,        HEX,      RW,  1,         NONE,  Always) \
X(ReferenceClockLossFlag,       0x14, 132, 0,   8, ONE,        HEX,      COR, 1,         NONE,  Always) \
X(GatingCompleteFlagHost,       0x14, 134, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  Always) \
X(GatingCompleteFlagMedia,      0x14, 135, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  Always) \
X(GeneratorLOLFlagHost,         0x14, 136, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  Always) \
X(GeneratorLOLFlagMedia,        0x14, 137, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  Always) \
X(CheckerLOLFlagHost,           0x14, 138, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  Always) \
X(CheckerLOLFlagMedia,          0x14, 139, 0,   1, LANE,       BOOL,     COR, 1,         NONE,  Always) \
/* the selector says which of these overlaid meanings bytes 192..255 have */ \
X(HostBER,                      0x14, 192, 0,  16, LANE,       F16,      RO,  1,         NONE,  SelectorBER) \
X(MediaBER,                     0x14, 208, 0,  16, LANE,       F16,      RO,  1,         NONE,  SelectorBER) \
X(BitErrorCounts,               0x14, 192, 0,  64, COUNTS,     LE,       RO,  1,         NONE,  SelectorCounts) \
X(HostSNR,                      0x14, 208, 0,  16, LANE,       LE,       RO,  1 / 256.0, DB,    SelectorSNR) \
X(MediaSNR,                     0x14, 240, 0,  16, LANE,       LE,       RO,  1 / 256.0, DB,    SelectorSNR)

/* 20h-2Fh versatile diagnostics (what the observables mean: vdm.h), 9Fh-AFh commands (cdb.h). */
#define CMIS_FIELDS_VDM_CDB(X) \
/* name                         page  byte bit size index      type     access scale     unit   needs */ \
X(VDMThresholdSet,              0x20, 128, 4,   4, SLOT,       UINT,     RO,  1,         NONE,  Always) \
X(VDMLane,                      0x20, 128, 0,   4, SLOT,       UINT,     RO,  1,         NONE,  Always) \
X(VDMObservable,                0x20, 129, 0,   8, SLOT,       VDMTYPE,  RO,  1,         NONE,  Always) \
X(VDMSample,                    0x24, 128, 0,  16, SLOT,       HEX,      RO,  1,         NONE,  Always) \
X(VDMThreshold,                 0x28, 128, 0,  16, SLOT,       HEX,      RO,  1,         NONE,  Always) \
X(VDMFlag,                      0x2C, 128, 0,   4, NIBBLES,    HEX,      COR, 1,         NONE,  Always) \
X(VDMMask,                      0x2D, 128, 0,   4, NIBBLES,    HEX,      RW,  1,         NONE,  Always) \
X(VDMGroupsSupported,           0x2F, 128, 0,   2, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(FreezeRequest,                0x2F, 144, 7,   1, ONE,        BOOL,     RW,  1,         NONE,  Always) \
X(VDMControl,                   0x2F, 144, 0,   7, ONE,        HEX,      RW,  1,         NONE,  Always) \
X(FreezeDone,                   0x2F, 145, 7,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(UnfreezeDone,                 0x2F, 145, 6,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(CMDID,                        0x9F, 128, 0,  16, ONE,        CDBCMD,   RW,  1,         NONE,  Always) \
X(EPLLength,                    0x9F, 130, 0,  16, ONE,        UINT,     RW,  1,         NONE,  Always) \
X(LPLLength,                    0x9F, 132, 0,   8, ONE,        UINT,     RW,  1,         NONE,  Always) \
X(CdbChkCode,                   0x9F, 133, 0,   8, ONE,        HEX,      RW,  1,         NONE,  Always) \
X(RLPLLength,                   0x9F, 134, 0,   8, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(RLPLChkCode,                  0x9F, 135, 0,   8, ONE,        HEX,      RO,  1,         NONE,  Always) \
X(LPL,                          0x9F, 136, 0,   8, BYTES120,   HEX,      RW,  1,         NONE,  Always) \
X(EPL,                          0xA0, 128, 0,   8, BYTES128,   HEX,      RW,  1,         NONE,  CdbMaxEplSize)

/* 1Ah, 1Bh: an external laser source; laser n of bank b is 8b + n. */
#define CMIS_FIELDS_ELS(X) \
/* name                         page  byte bit size index      type     access scale     unit   needs */ \
X(ElsMaxOpticalPower,           0x1A, 128, 0,  16, ONE,        UINT,     RO,  0.01,      MW,    Always) \
X(ElsMinOpticalPower,           0x1A, 130, 0,  16, ONE,        UINT,     RO,  0.01,      MW,    Always) \
X(ElsMaxLaserBias,              0x1A, 132, 0,  16, ONE,        UINT,     RO,  0.1,       MA,    Always) \
X(ElsMinLaserBias,              0x1A, 134, 0,  16, ONE,        UINT,     RO,  0.1,       MA,    Always) \
X(ElsLaneCount,                 0x1A, 140, 1,   7, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(ElsControlMode,               0x1A, 140, 0,   1, ONE,        ELSMODE,  RO,  1,         NONE,  Always) \
X(ElsBiasThreshold,             0x1A, 141, 0,  16, LEVEL,      UINT,     RO,  0.1,       MA,    Always) \
X(ElsPowerThreshold,            0x1A, 149, 0,  16, LEVEL,      UINT,     RO,  0.01,      MW,    Always) \
X(ElsLaneWarningSummary,        0x1A, 165, 3,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(ElsLaneFaultSummary,          0x1A, 165, 2,   1, ONE,        BOOL,     RO,  1,         NONE,  Always) \
X(ElsLaneFaultFlag,             0x1A, 166, 0,   1, LASER32,    BOOL,     COR, 1,         NONE,  Always) \
X(ElsLaneWarningFlag,           0x1A, 174, 0,   1, LASER32,    BOOL,     COR, 1,         NONE,  Always) \
X(ElsSaveRestoreCommand,        0x1A, 184, 0,   8, ONE,        HEX,      RW,  1,         NONE,  Always) \
X(ElsSaveRestoreConfirm,        0x1A, 185, 0,   8, ONE,        UINT,     RO,  1,         NONE,  Always) \
X(ElsBiasFlag,                  0x1A, 186, 0,   1, LEVEL_LANE, BOOL,     COR, 1,         NONE,  Always) \
X(ElsPowerFlag,                 0x1A, 190, 0,   1, LEVEL_LANE, BOOL,     COR, 1,         NONE,  Always) \
X(ElsBiasMask,                  0x1A, 198, 0,   1, LEVEL_LANE, BOOL,     RW,  1,         NONE,  Always) \
X(ElsPowerMask,                 0x1A, 202, 0,   1, LEVEL_LANE, BOOL,     RW,  1,         NONE,  Always) \
X(ElsAlarmMask,                 0x1A, 210, 0,   8, ONE,        HEX,      RW,  1,         NONE,  Always) \
X(ElsWarningMask,               0x1A, 211, 0,   8, ONE,        HEX,      RW,  1,         NONE,  Always) \
X(ElsLaneWarningCode,           0x1A, 212, 4,   4, LANE_BYTE,  ELSCODE,  RO,  1,         NONE,  Always) \
X(ElsLaneFaultCode,             0x1A, 212, 0,   4, LANE_BYTE,  ELSCODE,  RO,  1,         NONE,  Always) \
X(ElsLaneEnable,                0x1A, 220, 0,   1, LANE,       BOOL,     RW,  1,         NONE,  Always) \
X(ElsLaneState,                 0x1A, 221, 0,   2, LANE,       ELSLANE,  RO,  1,         NONE,  Always) \
X(ElsOutputFiberChecked,        0x1A, 223, 0,   1, LANE,       BOOL,     RO,  1,         NONE,  Always) \
X(ElsLaneFiber,                 0x1A, 224, 0,   8, LANE,       UINT,     RO,  1,         NONE,  Always) \
X(ElsLaneFrequency,             0x1A, 232, 0,  16, LANE,       UINT,     RO,  5,         GHZ,   Always) \
X(ElsFiberCheckPower,           0x1A, 248, 0,   8, ONE,        UINT,     RO,  1,         MW,    Always) \
X(ElsBiasSetpoint,              0x1B, 128, 0,  16, LANE,       UINT,     RW,  0.1,       MA,    Always) \
X(ElsPowerSetpoint,             0x1B, 144, 0,  16, LANE,       UINT,     RW,  0.01,      MW,    Always) \
X(ElsBias,                      0x1B, 184, 0,  16, LANE,       UINT,     RO,  0.1,       MA,    Always) \
X(ElsPower,                     0x1B, 200, 0,  16, LANE,       UINT,     RO,  0.01,      MW,    Always) \
X(ElsVoltage,                   0x1B, 232, 0,   8, LANE,       UINT,     RO,  0.015,     VOLT,  Always) \
X(ElsICC,                       0x1B, 240, 0,  16, ONE,        UINT,     RO,  0.2,       MA,    Always)
/* clang-format on */

#define CMIS_FIELDS(X)         \
	CMIS_FIELDS_LOWER(X)   \
	CMIS_FIELDS_MODULE(X)  \
	CMIS_FIELDS_LANE(X)    \
	CMIS_FIELDS_DIAG(X)    \
	CMIS_FIELDS_VDM_CDB(X) \
	CMIS_FIELDS_ELS(X)

#endif
