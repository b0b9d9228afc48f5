int fox_dummy(void);
