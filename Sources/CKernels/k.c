int fox_dummy(void){return 0;}
