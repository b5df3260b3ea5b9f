"""Following (跟随): each view kept up to the head, batch by batch, its position with its rows in one transaction."""
