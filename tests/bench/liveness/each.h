/* EACH(n): E(0) && ... && E(n-1), for n from 1 to 9, what E is by then. */
#define EACH_1 E(0)
#define EACH_2 EACH_1 && E(1)
#define EACH_3 EACH_2 && E(2)
#define EACH_4 EACH_3 && E(3)
#define EACH_5 EACH_4 && E(4)
#define EACH_6 EACH_5 && E(5)
#define EACH_7 EACH_6 && E(6)
#define EACH_8 EACH_7 && E(7)
#define EACH_9 EACH_8 && E(8)
#define UP_TO(n) EACH_##n
#define EACH(n) UP_TO(n)
