/* Ticket lock: N processors, numbers modulo TICKETS. One transition is one rule of ticket_lock.m.
   FETCH_ADD=0 draws a ticket with a read and a write. */
byte next, owner;
byte ncrit;           /* ghost: how many processors are at CS */

active [N] proctype Cpu()
{	byte ticket;
IDLE:	if
	:: d_step { FETCH_ADD; ticket = next; next = (next + 1) % TICKETS } goto WAIT
	:: d_step { !FETCH_ADD; ticket = next } goto DRAW
	fi;
DRAW:	if
	:: next = (ticket + 1) % TICKETS; goto WAIT
	fi;
WAIT:	if
	:: d_step { owner == ticket; ticket = 0; ncrit++; assert(ncrit == 1) } goto CS
	fi;
CS:	if
	:: d_step { owner = (owner + 1) % TICKETS; ncrit-- } goto IDLE
	fi
}
