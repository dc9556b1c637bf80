import{A as e,C as t,D as n,E as r,F as i,M as a,N as o,O as s,P as c,S as l,T as u,_ as d,a as f,b as p,c as m,d as h,f as g,g as _,h as v,i as y,j as b,k as x,l as S,m as C,n as w,o as ee,p as T,r as E,s as D,t as te,u as ne,v as re,w as O,x as k,y as A}from"./index-DQt_ZZVq.js";var j=[{name:`app`,title:`The browser app`,sections:[{id:`the-browser-app`,title:`The browser app`,level:1,html:`<pre tabindex="0"><code>lacuna serve --demo                                                # drawn mouths, to try it
lacuna serve photos --class gum --class teeth --exclusive gum,teeth # a folder of photos becomes a data set where it lies
lacuna serve --data mouths                                         # a data set
</code></pre>
<p>prints a link and opens it. The link works once: the browser that opens it is let in, every other one is not; Enter in the
terminal shows another link. The server listens on 127.0.0.1 only, on port 7878 if that is free, and is for one person; <code>--team</code> makes it a
team's (<a href="/?help=team" data-place="team">team.md</a>).
<code>--no-open</code> only prints the link, <code>--port</code> chooses another port, <code>--author</code> is written beside the strokes. Ctrl-C ends it: a training is stopped after its step, and everything lies in the data set's files.</p>
<p><span>Pictures of the views</span> at three widths.</p>
<p>F1, or the question mark at the top right, opens this page and others of the documentation beside the picture, at what you are
doing; one can go on painting meanwhile.</p>
<p>The first time over the drawn mouths, a short tour points at what to use next, and goes on by itself when it was used (or with
<em>Next</em>). It never stands in the way of painting. Esc, or its cross, ends it for good; <em>Show me round</em> in the help begins it
again, also over your own pictures. Each folder has its own place in it; once ended, it begins by itself in none. Whoever draws regions only, or only looks, is shown what they can do.</p>
`},{id:`pictures-and-classes`,title:`Pictures and classes`,level:2,html:`<p>A folder of photos stays as it is: <code>dataset.toml</code>, <code>cases.csv</code> and a few folders are added beside the photos. Photos that
cannot be read (HEIC, camera raw, damaged ones) are left out, and the log under <em>Learn</em> names them. Without <code>--class</code>, the
app asks for the classes; they can be added and recoloured later, but not while a model is being trained. Of eight photos or more some are held back for verification (a fifth) and for
choosing the model (a seventh); they stay held back, patient by patient where groups are known. Over a picture that is held
back for verification the app says so: what is painted there trains nothing. A picture that cannot be read is listed with the
reason and is never opened.</p>
<p>Under <em>Classes</em>, classes are added, given another colour, and told which exclude each other; not while a model is being
trained. A new class joins no group by itself. The model that is in use does not know it until it is trained again: its
predictions of the other classes stay.</p>
`},{id:`paint`,title:`Paint`,level:2,html:`<p>Painting says <em>yes</em> (this is gum) or <em>no</em> (this is not gum) about one class; <strong>neither</strong> says <em>no</em> about all of them at
once. What you leave blank stays unknown, and is never learnt from as background. A <em>region</em> (box, turned box or polygon)
says that everything of interest lies inside it: outside, every class is <em>no</em>.</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>key</th>
<td></td>
</tr>
</thead>
<tbody>
<tr>
<td>1–9, 0</td>
<td>class, <em>neither</em></td>
</tr>
<tr>
<td>X, U</td>
<td>yes / no, <em>unknown</em>: what the tools below reach is erased</td>
</tr>
<tr>
<td>B, E</td>
<td>brush, eraser (back to unknown)</td>
</tr>
<tr>
<td>L, or Shift and drag</td>
<td>lasso: an outline drawn by hand closes itself when you let go, and its inside is painted</td>
</tr>
<tr>
<td>K</td>
<td>fill: a click paints what has a similar colour around it</td>
</tr>
<tr>
<td>A</td>
<td><em>Propose</em>: scribbles or a box are answered with a region; Enter accepts, Esc discards</td>
</tr>
<tr>
<td>R, T, P</td>
<td>box, turned box, polygon</td>
</tr>
<tr>
<td>[ ] or wheel</td>
<td>brush size, or how different colours a fill takes</td>
</tr>
<tr>
<td>Ctrl+wheel, + −, space and drag</td>
<td>zoom, pan</td>
</tr>
<tr>
<td>Ctrl+Z, Ctrl+Shift+Z</td>
<td>undo, redo, without limit, in each of the twenty pictures that were open last, until the page is loaded again</td>
</tr>
<tr>
<td>Q</td>
<td>a pen's pressure scales the brush, or not</td>
</tr>
<tr>
<td>C</td>
<td>compare: a line that can be moved, left of which is the photo alone</td>
</tr>
<tr>
<td>W</td>
<td>brightness and contrast of the photo back to what they are</td>
</tr>
<tr>
<td>H (hold)</td>
<td>hide everything but the photo</td>
</tr>
<tr>
<td>?</td>
<td>all keys</td>
</tr>
</tbody>
</table></div>
`},{id:`fill`,title:`Fill`,level:3,html:`<p>A fill goes from pixel to pixel while no channel of the colour differs from that of the clicked pixel by more than the
tolerance, and stops at what is painted: it overwrites nothing, and an outline that was drawn first holds it. Begun on paint
that says the same, it lets that grow; with <em>unknown</em> it erases connected paint of a similar colour. It never leaves what is
seen of the picture, nor goes farther than 512 pixels. Stripes show beforehand what a click would fill.</p>
`},{id:`propose`,title:`Propose`,level:3,html:`<p><em>Propose</em> (A) finds the rest. Scribble on the class, and with X (<em>no</em>) on what it is not; Shift and drag draws a box around
everything that is meant. What may be meant is shown in stripes while you go on: further scribbles refine it, <em>unknown</em> erases
them, Ctrl+Z or Backspace takes the last one back. <strong>Until Enter nothing of it is paint</strong>, and nothing is stored; Esc discards
it. Enter makes scribbles paint, <em>yes</em> and <em>no</em>, and the rest of the region <em>accepted</em>: kept apart from paint, as accepted
suggestions of a model are. It goes over nothing that somebody painted for this class or one that excludes it, and one Ctrl+Z
takes it back. By keyboard the full stop begins and ends a scribble, Shift+Enter a box.</p>
<p>The region is what looks like the scribbles, hangs together with them, and ends at edges of the picture: colours are learnt
from what is scribbled and found, and a random walker spreads them. If there is a model, its probabilities count, too. Only
what is seen of the picture is looked at, and no more than 1024 pixels around what is drawn. A picture of 1024² takes about
a tenth of a second on two cores. On blood cells it saves most of the clicks: <span>measured</span>.</p>
`},{id:`by-keyboard`,title:`By keyboard`,level:3,html:`<p>Everything can be done with the keyboard alone, and <strong>?</strong> lists every key. Arrow keys move a cross over the picture, with Shift
faster; the picture follows it. Enter begins and ends a stroke, a box, or a turned box; it sets the first corner of a polygon
and closes it, and the full stop sets the corners between. Shift+Enter begins and ends an outline with the brush, and a box with
<em>Propose</em>. N selects the next region, the comma goes to its next corner and to what turns it: Enter takes hold, arrows move,
Enter lets go. I says what is known of the pixel under the cross.</p>
<p>F6 goes to the next part of the page (the list of pictures, the picture, <em>Learn</em> / <em>See</em> / <em>Verify</em>, the help), Shift+F6 back, Tab
from one control to the next. To train: F6 to the panel, Tab, Enter. F1 opens the help at what you are doing, Esc closes it.</p>
<p>Letters, digits and signs can be switched off in the overview of keys, for those who speak to their machine.</p>
`},{id:`pen-and-touch`,title:`Pen and touch`,level:3,html:`<p>With a pen the brush is as large as its ring at full pressure, and a fifth of that at the lightest; that can be switched off. Two
fingers move and zoom. A hand that touches the screen beside a pen, or within a second after, does nothing.</p>
`},{id:`nothing-is-lost`,title:`Nothing is lost`,level:3,html:`<p><strong>No stroke is lost.</strong> Each is appended to <code>annotations/ID/journal.jsonl</code> and flushed to the disk before the app says
<em>Saved</em>. When you leave a picture, or the app idles, the journal is folded into the masks. Commands that read the
data set meanwhile see masks and journal together. If the server is gone the app keeps what is not saved and sends it when
the server is back. Two tabs see each other's strokes; where they contradict, you are asked, also when the server was
restarted meanwhile. Regions that were drawn at the same time are all kept. A stroke that the keyboard began is kept when the mouse goes on, and a palm beside a pen paints nothing.</p>
<p>The next picture has the tool, size and tolerance of the last.</p>
`},{id:`under-see`,title:`Under See`,level:3,html:`<p>Under <em>See</em>, the photo can be shown brighter or darker and with more or less contrast. That changes nothing in it, nor what a
fill takes for similar, and is forgotten with the tab.</p>
<p><em>See</em> shows what training will believe of every pixel and why: painted, excluded by another class, outside the regions,
contradicting, unknown. Patterns tell the layers apart without colour.</p>
<p>Predictions are shown as probability, class or uncertainty (entropy). A click on a predicted area accepts it, rejects it, or
says that it is none of the classes. What is accepted or rejected in this way is kept apart from paint, counts half in
training (<code>source_weights.accepted</code>), and never overrules paint.</p>
`},{id:`learn`,title:`Learn`,level:2,html:`<p>One click trains in the background on everything that is painted: the first model from scratch (or from ImageNet weights,
if <code>lacuna weights fetch resnet18</code> has been run), later ones in short rounds from the current model. You can go on
painting: what is painted meanwhile counts for certain from the next training on. A training can be stopped, resumed (if
something was painted since, a new one goes on from where it stopped), or started by itself after so many corrections.
After a class is added the next model is trained from its beginning. A quarter of what every step of a correction sees are
pictures of the first round, which were painted before any model could choose or suggest. Every model stays in
<code>models/NNNN</code>, an ordinary <span>run folder</span>; an older one can be taken back into use. The Dice that is shown is
that of <em>known</em> validation pixels, a selected sample: see <a href="/?help=app%23verify" data-place="app#verify">Verify</a>.</p>
`},{id:`which-pictures-are-shown`,title:`Which pictures are shown`,level:3,html:`<p><em>Show</em> (M) keeps to pictures that are unpainted, begun, painted since the model looked at them, held back or damaged, in which
classes that exclude each other are painted on the same pixels (<em>contradicting</em>), on which a certain person worked, or of which
the model is less sure than of the mean of all it has looked at. The open picture stays in the list.</p>
`},{id:`what-to-paint-next`,title:`What to paint next`,level:3,html:`<p><em>What to paint next</em> orders the pictures: at random, but more often where much is predicted and nothing is painted; at
random; or most predictive entropy first. <code>lacuna loop simulate</code> compares the three, and two more (where three models disagree
most; pictures that look to the encoder unlike all that were painted), on a data set with complete masks: an oracle outlines
windows instead of a person, and Dice on all pixels of the test pictures is plotted against the seconds that this costs (<code>--cost</code>:
10 for a picture, 2 for a stroke, 1 for 100 pixels of outline, or <a href="/?help=team%23the-log" data-place="team#the-log">your own</a>). Loops with the same seed begin alike
and are compared at the same cost, with intervals. The first is the default until such measurements say otherwise. The button
(or J) goes through that order, past what you have looked at since the model changed; pictures that were painted since the model
saw them come last. When all were looked at, it begins again.</p>
<p>What the simulated loop says on <code>wbc</code> (150 pictures to paint in, five windows a round, input of 128 pixels, three seeds; mean
Dice of both classes on all pixels of the 100 test pictures, at threshold ½):</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>windows painted</th>
<th>5</th>
<th>10</th>
<th>15</th>
<th>20</th>
<th>25</th>
<th>30</th>
<th>over seeds, at 30</th>
</tr>
</thead>
<tbody>
<tr>
<td>foreground (the default)</td>
<td>0.45</td>
<td>0.57</td>
<td>0.68</td>
<td>0.68</td>
<td>0.70</td>
<td>0.74</td>
<td>0.72–0.76</td>
</tr>
<tr>
<td>random</td>
<td>0.45</td>
<td>0.51</td>
<td>0.62</td>
<td>0.67</td>
<td>0.73</td>
<td>0.70</td>
<td>0.64–0.78</td>
</tr>
<tr>
<td>entropy</td>
<td>0.45</td>
<td>0.44</td>
<td>0.55</td>
<td>0.61</td>
<td>0.71</td>
<td>0.75</td>
<td>0.67–0.80</td>
</tr>
</tbody>
</table></div>
<p></p>
<p>Thirty windows are at most 4 % of the class-pixels. The seeds lie farther apart than the ways to choose: three of them do
not show that any way is better. Made with
<code>lacuna loop simulate --data DS --output-dir D --rounds 6 --windows 5 --seeds 3 --size 128</code>.</p>
`},{id:`verify`,title:`Verify`,level:2,html:`<p>Scores on painted pixels are flattering: people paint what is easy. <em>Verify</em> draws points by chance from all pixels of the
held-back pictures, more of them where errors are likely, and asks about each: is this pixel gum? What the model says is not
shown. 300 points take a quarter of an hour, and you may stop earlier. The answers, weighed by how likely each point was to be
drawn, give Dice, precision and recall on <strong>all</strong> pixels with 95 % intervals. A round that was left can be continued at any
time, also when another model is in use; a new one can be drawn for that model beside it.</p>
<p>The same in the terminal:</p>
<pre tabindex="0"><code>lacuna verify --run runs/a                            # shows small pictures, asks y, n or u
lacuna verify --output-dir runs/a/verification --answers answers.csv
lacuna verify --run runs/a --simulate 500             # where complete masks exist: does the interval hold?
</code></pre>
<p>On the 100 test pictures of <code>wbc</code>, with a model trained on partial painting, 500 samples of 300 points (150 a class):</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>class</th>
<th>measure</th>
<th>truth</th>
<th>mean estimate</th>
<th>intervals that hold the truth</th>
<th>mean width</th>
</tr>
</thead>
<tbody>
<tr>
<td>cytoplasm</td>
<td>Dice</td>
<td>0.772</td>
<td>0.769</td>
<td>97.2 %</td>
<td>0.141</td>
</tr>
<tr>
<td>cytoplasm</td>
<td>precision</td>
<td>0.751</td>
<td>0.748</td>
<td>97.4 %</td>
<td>0.145</td>
</tr>
<tr>
<td>cytoplasm</td>
<td>recall</td>
<td>0.793</td>
<td>0.793</td>
<td>98.0 %</td>
<td>0.193</td>
</tr>
<tr>
<td>nucleus</td>
<td>Dice</td>
<td>0.929</td>
<td>0.929</td>
<td>98.6 %</td>
<td>0.109</td>
</tr>
<tr>
<td>nucleus</td>
<td>precision</td>
<td>0.938</td>
<td>0.938</td>
<td>98.6 %</td>
<td>0.086</td>
</tr>
<tr>
<td>nucleus</td>
<td>recall</td>
<td>0.921</td>
<td>0.920</td>
<td>98.6 %</td>
<td>0.165</td>
</tr>
</tbody>
</table></div>
<p>The interval is about these pictures. A second one, by resampling patients, is about other patients like these; it is in
<code>--json</code>, and exists from five patients on. A class that fills half a percent of the pixels cannot be pinned down with 300
points, and the interval says so. How it is computed is in the documentation of <code>lacuna_metrics::verification</code>.</p>
`},{id:`is-more-painting-worth-it`,title:`Is more painting worth it?`,level:3,html:`<p>Answers about one model say how much better a later one is: what a pixel is does not depend on the model, and only the pixels
on which the two disagree move the difference, so that its interval is much narrower than that of two verifications.</p>
<pre tabindex="0"><code>lacuna verify --run models/0003 --output-dir verifications/0001 --gain-to models/0005
</code></pre>
<p>In the app, <em>What did it gain</em> stands under <em>Verify</em> once a later model is in use, and says what follows from it: that painting
on can still pay, that more of the same brings little (not after one round only: then it asks for another), or that the model
got worse. Then the earlier version can be taken back into use under <em>Learn</em>.</p>
<p>In the app the same stands under <em>Verify</em> as soon as a later version is in use. When the gain over two rounds or more lies below one
point of Dice for every class, with the upper end of its 95 % interval whatever the truth of those points is that you could not
tell, painting more of the same brings little, and it says so.</p>
`},{id:`what-else-uses-the-folder`,title:`What else uses the folder`,level:2,html:`<p>Two servers cannot serve the same folder. Other commands may read it at any time. The folder is the whole state: copy it and
you have everything, of a team its accounts too (<a href="/?help=team%23what-to-back-up" data-place="team#what-to-back-up">what to back up</a>). <code>lacuna serve --check --data DS</code> looks
whether everything in it is whole.</p>
`}]},{name:`concepts`,title:`Concepts`,sections:[{id:`concepts`,title:`Concepts`,level:1,html:`<p>The method is that of N. Martin, J.-P. Chevallet and G. Quénot, <em>Segmenting partially annotated medical images</em>,
CBMI 2022, <a href="https://doi.org/10.1145/3549555.3549570" target="_blank" rel="noopener noreferrer">doi 10.1145/3549555.3549570</a>. This page says what the program
makes of it.</p>
`},{id:`three-states`,title:`Three states`,level:2,html:`<p>For each class, a pixel is <strong>positive</strong> (it is of the class), <strong>negative</strong> (it is not), or <strong>unknown</strong> (nobody said).
An annotator paints a part of each structure. A pixel that nobody painted is unknown, not negative. A network that is
told &quot;negative&quot; there is punished for finding what the annotator skipped.</p>
<p>The loss is computed only where the state is known. At an unknown pixel its gradient is exactly 0, whatever is
predicted.</p>
`},{id:`evidence-and-its-sources`,title:`Evidence and its sources`,level:2,html:`<p>Evidence is a reason to believe yes or no. Each keeps its source, so that a policy can choose.</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>source</th>
<th>gives</th>
<th>weight (<code>source_weights.…</code>)</th>
</tr>
</thead>
<tbody>
<tr>
<td>painted as the class</td>
<td>positive</td>
<td><code>painted</code> = 1</td>
</tr>
<tr>
<td>painted as not the class, also a <em>neither</em> stroke</td>
<td>negative</td>
<td><code>painted</code> = 1</td>
</tr>
<tr>
<td>declared background (<code>--unpainted background</code>)</td>
<td>negative</td>
<td><code>background</code> = 1</td>
</tr>
<tr>
<td>an exclusive class is positive here</td>
<td>negative</td>
<td><code>exclusion</code> = 1</td>
</tr>
<tr>
<td>a part of the class is positive here</td>
<td>positive</td>
<td><code>painted</code> = 1</td>
</tr>
<tr>
<td>the whole it is a part of is negative here</td>
<td>negative</td>
<td><code>painted</code> = 1</td>
</tr>
<tr>
<td>outside every region drawn by a person, or, if no person drew one, by a model</td>
<td>negative</td>
<td><code>region</code> = 1</td>
</tr>
<tr>
<td>filled in by a model (<code>predict --complete</code>)</td>
<td>positive or negative</td>
<td><code>accepted</code> = 0.5</td>
</tr>
<tr>
<td>assumed: unpainted is taken for negative</td>
<td>negative</td>
<td><code>assumed</code> = 1</td>
</tr>
</tbody>
</table></div>
<p>Order of strength: what people painted and what follows from it by relations or declared background; then the model's
suggestions; then regions; then the assumption. Where a person painted a class outside the box, the paint counts.</p>
`},{id:`exclusive-part-of`,title:`Exclusive, part of`,level:2,html:`<ul>
<li><code>exclusive = [[&quot;gum&quot;, &quot;teeth&quot;]]</code>: a pixel is at most one of the group. Positive for one is negative for the others.</li>
<li><code>part_of = [{ part = &quot;caries&quot;, whole = &quot;teeth&quot; }]</code>: positive for the part is positive for the whole; negative for the
whole is negative for the part.</li>
</ul>
<p>Both are declared, never assumed. Positives go from parts to wholes first, then exclude; so caries painted on a tooth
also says &quot;not gum&quot;.</p>
<p><strong>Conflict.</strong> A pixel painted as two exclusive classes is unknown for both; the audit counts and shows it. Under
<code>standard</code> and <code>box</code>, and in the <code>paper</code> preset, it is positive for both (setting <code>conflict</code>).</p>
`},{id:`policies`,title:`Policies`,level:2,html:`<p>A policy is a choice of sources. The loss of class c at pixel p is BCE(target, prediction) · w. Write m for &quot;painted
as c&quot; (0 or 1), M for &quot;c or a class exclusive with c is painted&quot;, n for &quot;painted or declared as not c&quot;, and b for
&quot;outside the box&quot;. With all weights 1, without
conflicts and without a model's suggestions:</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>policy</th>
<th>target</th>
<th>w</th>
<th>goes wrong when</th>
</tr>
</thead>
<tbody>
<tr>
<td><code>standard</code></td>
<td>m</td>
<td>1</td>
<td>structures are skipped: it learns to skip them too. The baseline</td>
</tr>
<tr>
<td><code>positive-only</code></td>
<td>m</td>
<td>m</td>
<td>always: nothing says no, so every class is predicted everywhere. For comparison</td>
</tr>
<tr>
<td><code>fusion</code></td>
<td>m</td>
<td>1 where M or n, else 0</td>
<td>something else is in the picture: lips, skin and background become one of the classes</td>
</tr>
<tr>
<td><code>box</code></td>
<td>m</td>
<td>1 + b</td>
<td>as <code>standard</code>; outside the box counts twice</td>
</tr>
<tr>
<td><code>positive+box</code></td>
<td>m</td>
<td>1 where m, n or b, else 0</td>
<td>inside the box every class is predicted everywhere, unless negatives are painted</td>
</tr>
<tr>
<td><code>fusion+box</code></td>
<td>m</td>
<td>1 where M, n or b, else 0</td>
<td>the box cuts a class off; other structures lie inside the box</td>
</tr>
</tbody>
</table></div>
<p><code>standard</code> and <code>box</code> read positives and take everything else for negative; they use no declared relation.
<code>positive-only</code> reads positives only. <code>positive+box</code> reads no relation either. Only <code>fusion</code> and <code>fusion+box</code> use
exclusion and part-of. <code>lacuna explain CASE --data DS --class C</code> draws all six for a picture.</p>
<p>The paper gives no formula for its &quot;box alone&quot;. We read it as <code>box</code>; <code>positive+box</code> is its equation read
literally.</p>
`},{id:`regions`,title:`Regions`,level:2,html:`<p>A region is a box, a rotated box or a polygon that encloses <strong>everything</strong> of interest in the picture. Outside it
every class is negative. It can be drawn by someone without expert knowledge. Several regions in one picture count
together: outside means outside all of them. Regions drawn by a model are ignored where a person drew one, and never
used in an evaluation. No region means no negatives from a region. A detector can draw them, and <code>box_trust</code> says from which
score on they count (<a href="/?help=detection" data-place="detection">detection.md</a>).</p>
`},{id:`neither`,title:`Neither`,level:2,html:`<p>A <em>neither</em> stroke is negative for every class at once: lip, tongue, the dark mouth between the arches. It is what
keeps other structures inside the box from being called gum or teeth.</p>
<p>On disk, <em>neither</em> is the value 1 in every class's mask (see <span>data-set.md</span>).
<code>lacuna simulate --neither 3</code> makes such strokes from complete masks. With <code>import png-masks</code> paint them in a value of
their own and name it: <code>--neither-value 9</code>.</p>
`},{id:`what-the-loss-is-averaged-over`,title:`What the loss is averaged over`,level:2,html:`<p>Let ℓ be the loss of a pixel and w its weight, over all pictures of a step.</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th><code>reduction</code></th>
<th>formula</th>
<th>effect</th>
</tr>
</thead>
<tbody>
<tr>
<td><code>known</code> (default)</td>
<td>Σ w·ℓ ÷ Σ w</td>
<td>does not depend on how much was painted</td>
</tr>
<tr>
<td><code>known-per-class</code></td>
<td>mean over classes of Σ w·ℓ ÷ Σ w</td>
<td>a rarely painted class counts as much as the others</td>
</tr>
<tr>
<td><code>all</code> (the paper's)</td>
<td>Σ w·ℓ ÷ number of pixels × classes</td>
<td>less paint means a smaller loss, and so smaller steps</td>
</tr>
</tbody>
</table></div>
<p>A step in which nothing is known is left out and counted as <code>skipped_batches</code>.</p>
`},{id:`giving-unknown-pixels-a-part`,title:`Giving unknown pixels a part`,level:2,html:`<p>Unknown pixels cost nothing, whatever the network says there: that is the promise. Three settings, all off unless asked for,
go beyond it. Each is an assumption, and <code>lacuna reproduce --set …</code> shows on your data whether it holds.</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>setting</th>
<th>what it assumes of unknown pixels</th>
</tr>
</thead>
<tbody>
<tr>
<td><code>loss.consistency</code></td>
<td>the moving average of the weights is right there: the difference to its probabilities is punished (mean teacher, Tarvainen and Valpola 2017)</td>
</tr>
<tr>
<td><code>loss.gated_crf</code></td>
<td>neighbours of like colour are of one class (Obukhov et al. 2019)</td>
</tr>
<tr>
<td><code>activation = &quot;softmax&quot;</code></td>
<td>nothing; but what is known of one class alone (&quot;not gum&quot;) is ignored too, as with nnU-Net's ignore label</td>
</tr>
</tbody>
</table></div>
`},{id:`downscaling-and-why-both-signs-is-unknown`,title:`Downscaling, and why "both signs" is unknown`,level:2,html:`<p>A photo of 4000 pixels is trained at 256. One pixel of the network then covers 16 × 16 of the photo, its <em>footprint</em>.
The evidence of a footprint is the union of the evidence of its pixels:</p>
<ul>
<li>positives only, or negatives only: that is the state, even if a single pixel of it was painted. A thin stroke
survives.</li>
<li>both: <strong>unknown</strong>. The pixel lies on a border between gum and tooth, and either answer would be wrong.</li>
<li>&quot;outside the region&quot; and &quot;beyond the picture&quot; need the whole footprint.</li>
</ul>
<p>So <code>fusion</code> policies lose a thin line along painted borders; the audit prints how much paint is left and warns below
90 %. <code>standard</code>, <code>box</code> and <code>positive-only</code> read no negatives, so a mixed footprint stays positive under them. Evidence
is warped together with the picture, and target and weight are worked out afterwards. Pixels that rotate in from outside
the picture, and padding, are unknown.</p>
`},{id:`known-limits`,title:`Known limits`,level:2,html:`<p><strong>Inside the box everything becomes a class.</strong> There the only negatives are the other classes. What nobody declared a
class and nobody painted as <em>neither</em> will be called the class it resembles most. The audit warns when there is no
<em>neither</em>.</p>
<p><strong>A box that is too small teaches the wrong thing</strong>: everything outside is negative. Better too large.</p>
<p><strong>Exclusion is only as true as the declaration.</strong> Paint that strays over the border is a wrong negative for the other
class.</p>
<p><strong>The cheap alternative.</strong> If a share of each class is painted <em>independently of how the pixel looks</em>, <code>standard</code>
training learns the right thing, scaled down. Then a lower threshold repairs it: half the mean probability on painted
validation pixels (Elkan and Noto, 2008):</p>
<pre tabindex="0"><code>lacuna evaluate --run runs/standard --threshold 0.5 --threshold elkan-noto
</code></pre>
<p>Try it before you believe that a policy is needed. It fails where the annotator chose by appearance or place: borders
never painted, back teeth or dark parts skipped. Then the network learns that the skipped kind is negative, and no threshold
brings it back. <code>lacuna demo</code> mixes three ways of painting: back teeth skipped, borders skipped, strokes. It printed (seed
0, mean Dice of gum and teeth on its test pictures):</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>policy</th>
<th>threshold</th>
<th>all pixels</th>
<th>known pixels</th>
</tr>
</thead>
<tbody>
<tr>
<td><code>standard</code></td>
<td>0.5</td>
<td>0.496</td>
<td>0.640</td>
</tr>
<tr>
<td><code>standard</code></td>
<td><code>elkan-noto</code></td>
<td>0.732</td>
<td>0.828</td>
</tr>
<tr>
<td><code>fusion+box</code></td>
<td>0.5</td>
<td>0.791</td>
<td>0.898</td>
</tr>
<tr>
<td><code>fusion+box</code></td>
<td><code>elkan-noto</code></td>
<td>0.779</td>
<td>0.895</td>
</tr>
</tbody>
</table></div>
<p>Here most of the baseline's loss was its threshold, and evidence gave some more. One seed on drawn pictures shows how to
compare, not what your data will say.</p>
<p><strong>Scores on known pixels flatter.</strong> They are of painted regions: a selected sample, usually the easy part. See
<a href="/?help=scores" data-place="scores">scores.md</a>.</p>
`}]},{name:`scores`,title:`Scores`,sections:[{id:`scores`,title:`Scores`,level:1,html:`<p><code>lacuna evaluate</code> compares predictions with three references. Each answers another question. No number should be
quoted without the name of its definition.</p>
`},{id:`on-which-pixels`,title:`On which pixels`,level:2,html:`<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>name in files</th>
<th>pixels</th>
<th>compared with</th>
</tr>
</thead>
<tbody>
<tr>
<td><code>known-pixels</code></td>
<td>those of which people said something</td>
<td>the evidence: painted, exclusion, part-of, declared background, outside a person's region</td>
</tr>
<tr>
<td><code>unpainted-negative</code></td>
<td>all</td>
<td>painted = yes, everything else = no: the paper's definition</td>
</tr>
<tr>
<td><code>all-pixels</code></td>
<td>all</td>
<td>complete masks in <code>truth/</code>; only where they exist</td>
</tr>
</tbody>
</table></div>
<p>The evidence used here is the same for every policy. It never holds a model's word: neither suggestions nor a model's
boxes.</p>
<ul>
<li><strong>Known pixels</strong> are a selected sample. People paint what is easy to see. The score is usually better than the truth.</li>
<li><strong>Unpainted = negative</strong> calls a correct prediction wrong where the annotator skipped something. The score falls with
the amount of paint, however good the network is. It is there to compare with published numbers.</li>
<li><strong>All pixels</strong> is the number one wants. It needs complete masks for the test pictures.</li>
</ul>
<p><strong>Coverage</strong> is the share of pixels that are known.</p>
<p><strong>Bounds</strong> (<code>lowest</code>, <code>highest</code>) are the smallest and the largest Dice on <em>all</em> pixels over every way to fill in the
unknown ones. The true Dice lies between them. With few known pixels they are wide, and that is the honest answer. The
bounds of one class fill in that class alone; the bounds of a mean over classes fill in all classes together, so that a
pixel is of at most one of several exclusive ones. If the truth may be empty, the Dice may be undefined; then
<code>may_be_undefined</code> is true.</p>
`},{id:`thresholds`,title:`Thresholds`,level:2,html:`<p>A pixel is of a class where its probability is at least the threshold. <code>--threshold</code> can be given several times.</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>rule</th>
<th>threshold of a class</th>
</tr>
</thead>
<tbody>
<tr>
<td>a number, such as <code>0.5</code> (default)</td>
<td>the same for every class</td>
</tr>
<tr>
<td><code>elkan-noto</code></td>
<td>half the mean probability on painted pixels of the validation cases; for networks trained with <code>standard</code>, if paint was placed independently of appearance</td>
</tr>
<tr>
<td><code>validation</code></td>
<td>the one with the best pooled Dice on known pixels of the validation cases</td>
</tr>
</tbody>
</table></div>
<p>Where a rule cannot be applied (nothing painted in the validation cases; no known negatives), 0.5 is used, <code>fallback</code>
is true, and a note says why. Neither rule needs complete masks. Neither looks at the test cases. With
<code>validation_metric = &quot;none&quot;</code> (the <code>paper</code> preset) the network was <strong>trained</strong> on the validation cases, and these two
rules choose on pictures it has seen: a note says so; do not use them there.</p>
`},{id:`overlap`,title:`Overlap`,level:2,html:`<p>With tp, fp, fn, tn counted on the pixels of the definition:</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>score</th>
<th>formula</th>
<th>undefined when</th>
</tr>
</thead>
<tbody>
<tr>
<td>Dice</td>
<td>2 tp ÷ (2 tp + fp + fn)</td>
<td>prediction and reference are both empty</td>
</tr>
<tr>
<td>IoU</td>
<td>tp ÷ (tp + fp + fn)</td>
<td>both are empty</td>
</tr>
<tr>
<td>precision</td>
<td>tp ÷ (tp + fp)</td>
<td>nothing is predicted</td>
</tr>
<tr>
<td>recall</td>
<td>tp ÷ (tp + fn)</td>
<td>the reference is empty</td>
</tr>
</tbody>
</table></div>
<p>The column <code>Dice</code> is the mean over pictures; <code>pooled</code> is the Dice of all pictures' pixels together. The mean over
classes (<code>foreground_mean</code>) gives every class the same weight.</p>
<p><strong>Empty classes.</strong> A picture in which a score is undefined is left out of that mean and counted in <code>left_out</code>. It is
never counted as 0 or as 1.</p>
`},{id:`surfaces`,title:`Surfaces`,level:2,html:`<p>A pixel of a mask is a surface pixel if one of its four neighbours is outside the mask or the picture.</p>
<ul>
<li><strong>HD95</strong>: the 95th percentile of the distances from one surface to the other, in both directions; the larger of the two.
Undefined if either mask has no surface.</li>
<li><strong>NSD</strong> (normalised surface Dice): the share of surface pixels of both masks that lie within the tolerance of the
other surface. 0 if exactly one mask is empty, undefined if both are. Tolerance: <code>--nsd-tolerance</code>, default 1.</li>
</ul>
<p>Distances are in millimetres if <em>every</em> scored case has a spacing (<code>row_mm</code>, <code>col_mm</code> in <code>cases.csv</code>), else in pixels;
<code>unit</code> says which. On known pixels, a border to the unknown is no surface; a mask painted in strokes may have no
surface at all. Distances to a partly painted structure are therefore hard to read: prefer them on all pixels.
<code>--no-surfaces</code> leaves them out and saves time.</p>
`},{id:`scores-of-the-probabilities`,title:`Scores of the probabilities`,level:2,html:`<p>In <code>ranking</code> of <code>summary.json</code>, over all pixels together, on known pixels and, where complete masks exist, on all:</p>
<ul>
<li><strong>AP</strong> (average precision): Σ (Rₙ − Rₙ₋₁) · Pₙ over falling thresholds, as in scikit-learn.</li>
<li><strong>ECE</strong> (expected calibration error): 15 bins of equal width; the mean over pixels of |share of positives − mean
probability| of their bin. <code>reliability</code> holds the bins.</li>
</ul>
<p>They are not given for <code>unpainted-negative</code>, which would call a network miscalibrated for all that was skipped.</p>
`},{id:`intervals`,title:`Intervals`,level:2,html:`<p><code>0.655 [0.595, 0.715]</code> is a mean with a 95 % interval: the percentile bootstrap with 2000 resamples, seed 0. Whole
<strong>groups</strong> (patients) are drawn, because pictures of one patient are alike. If any scored case has no group, every
picture counts as a group of its own, a note says &quot;not grouped by patient&quot;, and the interval may be too narrow. With
one group there is no interval. With few groups it is itself uncertain; a note counts groups under 10. The interval is
about the test patients only: it says nothing about another seed or another split.</p>
`},{id:`resolution`,title:`Resolution`,level:2,html:`<p>Predictions are scored at the pictures' own size; runs of the <code>paper</code> preset at the network's input size, as the paper's
were (<code>--at-native-size</code> changes that). <code>--at-training-size</code> scores at the network's input size, where evidence is
pooled as in training and padding is left out.</p>
`},{id:`per_casecsv`,title:`per_case.csv`,level:2,html:`<p>One row for each threshold rule, case, definition and class. Undefined values are empty.</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>column</th>
<th>meaning</th>
</tr>
</thead>
<tbody>
<tr>
<td><code>case</code>, <code>group</code>, <code>class</code></td>
<td>which</td>
</tr>
<tr>
<td><code>rule</code>, <code>threshold</code></td>
<td>the rule asked for, and the class's threshold</td>
</tr>
<tr>
<td><code>definition</code></td>
<td><code>known-pixels</code>, <code>unpainted-negative</code> or <code>all-pixels</code></td>
</tr>
<tr>
<td><code>dice</code>, <code>iou</code>, <code>precision</code>, <code>recall</code></td>
<td>as above</td>
</tr>
<tr>
<td><code>hd95</code>, <code>nsd</code>, <code>unit</code></td>
<td>as above; <code>unit</code> is <code>mm</code>, <code>px</code>, or empty with <code>--no-surfaces</code></td>
</tr>
<tr>
<td><code>coverage</code></td>
<td>share of pixels known; 1 for the other definitions</td>
</tr>
<tr>
<td><code>dice_lower</code>, <code>dice_upper</code></td>
<td>bounds; known pixels only</td>
</tr>
<tr>
<td><code>tp</code>, <code>fp</code>, <code>fn</code>, <code>tn</code></td>
<td>counts on the definition's pixels</td>
</tr>
<tr>
<td><code>unknown_positive</code>, <code>unknown_negative</code></td>
<td>unknown pixels predicted positive, negative</td>
</tr>
<tr>
<td><code>pixels</code></td>
<td>all of them together</td>
</tr>
</tbody>
</table></div>
`},{id:`summaryjson`,title:`summary.json`,level:2,html:`<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>key</th>
<th>meaning</th>
</tr>
</thead>
<tbody>
<tr>
<td><code>version</code>, <code>lacuna_version</code></td>
<td>of the format (1), of the program</td>
</tr>
<tr>
<td><code>dataset</code>, <code>fingerprint</code></td>
<td>name of the data set, <span>hash</span> of its annotations</td>
</tr>
<tr>
<td><code>part</code>, <code>cases</code>, <code>classes</code></td>
<td>what was scored</td>
</tr>
<tr>
<td><code>checkpoint</code>, <code>epochs</code></td>
<td>file name of the network, epochs it was trained</td>
</tr>
<tr>
<td><code>scored_at</code>, <code>frame</code></td>
<td><code>native</code>, or <code>frame</code> with the network's input size</td>
</tr>
<tr>
<td><code>distances</code></td>
<td><code>unit</code> and <code>nsd_tolerance</code>; null with <code>--no-surfaces</code></td>
</tr>
<tr>
<td><code>empty_rule</code>, <code>notes</code></td>
<td>in words; read the notes before quoting a number</td>
</tr>
<tr>
<td><code>results[]</code></td>
<td>one entry a threshold rule</td>
</tr>
<tr>
<td><code>results[].rule</code>, <code>.thresholds[]</code></td>
<td>the rule; for each class <code>class</code>, <code>threshold</code>, <code>rule</code>, <code>fallback</code>, <code>note</code></td>
</tr>
<tr>
<td><code>results[].definitions[]</code></td>
<td><code>definition</code>, <code>label</code>, <code>cases</code>, <code>foreground_mean</code>, <code>mean[]</code></td>
</tr>
<tr>
<td><code>….mean[]</code></td>
<td>for each class: <code>dice</code>, <code>iou</code>, <code>precision</code>, <code>recall</code>, <code>hd95</code>, <code>nsd</code> (each <code>mean</code>, <code>sd</code>, <code>n</code>, <code>left_out</code>), <code>dice_interval</code>, <code>dice_bounds</code>, <code>coverage</code>, <code>pooled</code></td>
</tr>
<tr>
<td><code>….dice_interval</code></td>
<td><code>mean</code>, <code>interval</code> (<code>lo</code>, <code>hi</code>), <code>level</code>, <code>n_cases</code>, <code>n_groups</code>, <code>grouped</code></td>
</tr>
<tr>
<td><code>….dice_bounds</code></td>
<td><code>per_case</code> (bounds of the mean over pictures) and <code>pooled</code>, each <code>lower</code>, <code>upper</code>, <code>may_be_undefined</code>; known pixels only</td>
</tr>
<tr>
<td><code>….pooled</code></td>
<td><code>dice</code>, <code>iou</code>, <code>precision</code>, <code>recall</code>, <code>counts</code></td>
</tr>
<tr>
<td><code>….foreground_mean</code></td>
<td>means over classes of the same scores; <code>pooled_dice</code>; <code>dice_per_case</code> (mean over pictures of each picture's mean over classes, with its interval); <code>dice_bounds</code> (joint over classes)</td>
</tr>
<tr>
<td><code>results[].metric_per_case[]</code></td>
<td><code>case</code>, <code>group</code>, <code>mean_dice_bounds</code> (joint over classes), <code>metrics[]</code> as in <code>per_case.csv</code></td>
</tr>
<tr>
<td><code>ranking[]</code></td>
<td><code>class</code>, <code>definition</code>, <code>positives</code>, <code>negatives</code>, <code>average_precision</code>, <code>expected_calibration_error</code>, <code>reliability[]</code></td>
</tr>
<tr>
<td><code>ranking[].reliability[]</code></td>
<td><code>lower</code>, <code>upper</code>, <code>count</code>, <code>mean_probability</code>, <code>positive_share</code></td>
</tr>
</tbody>
</table></div>
<p><code>sd</code> is the standard deviation over pictures (n − 1); in <code>foreground_mean</code> over classes. There are no times in the file:
the same run gives the same bytes. With <code>--json</code> the same document goes to standard output.</p>
`},{id:`during-training`,title:`During training`,level:2,html:`<p><code>val/dice/…</code> in <code>metrics.csv</code> is on known pixels of the validation cases, at threshold 0.5, at the network's input
size, per picture and then the mean; <code>val/precision/…</code> and <code>val/recall/…</code> are pooled. It chooses the best checkpoint.
It does not do so if a class has no known positives or no known negatives there, because predicting it everywhere, or
nowhere, would look best. Then a warning says so and the last epoch is kept.</p>
`},{id:`two-people`,title:`Two people`,level:2,html:`<p><code>lacuna compare A B</code> compares two data sets that hold the same pictures (by id), annotated by two people or twice by one:
the ceiling of what a model can be asked for. <code>lacuna compare A --readings</code> does the same for pictures of one data set that a
<a href="/?help=team%23two-people-the-same-picture-separately" data-place="team#two-people-the-same-picture-separately">team</a> gave to two people separately, as far as both are done; the app shows it,
too. If it was not always the same two, they are called <em>first reader</em> and <em>second reader</em>. Only pixels count of which both said something (painted, by exclusion or by a
region; never what a model suggested), so like every score on known pixels it flatters: people annotate what is clear.
Neither is the reference: every measure is the same when the two are exchanged.</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>measure</th>
<td></td>
</tr>
</thead>
<tbody>
<tr>
<td>Dice, NSD</td>
<td>as above, the second in the place of the reference; mean over pictures with its interval over patients, and pooled</td>
</tr>
<tr>
<td>κ</td>
<td>Cohen's: agreement beyond what chance would give, 0 for chance and 1 for perfect; undefined where one value is all both ever say</td>
</tr>
<tr>
<td>both know</td>
<td>share of pixels of which both said something</td>
</tr>
</tbody>
</table></div>
<p>With <code>--output-dir</code> it writes <code>agreement.json</code> and <code>per_case.csv</code> (<code>both_positive</code>, <code>only_first_positive</code>,
<code>only_second_positive</code>, <code>both_negative</code> are pixel counts).</p>
`}]},{name:`team`,title:`A team`,sections:[{id:`a-team`,title:`A team`,level:1,html:`<pre tabindex="0"><code>lacuna team add ada --role owner --data mouths     # shows a password, once
lacuna serve --data mouths --team                  # people log in
</code></pre>
<p>Without <code>--team</code> nothing of this page applies: <code>lacuna serve</code> is for one person, who comes in by a link that works once.</p>
<p>If there are no accounts and the server is started at a terminal, it makes an owner's account for whoever starts it
(<code>--author</code>, or the user of the machine) and shows its password. Elsewhere, under systemd for example, it refuses to start:
the password would end up in a log file.</p>
`},{id:`who-may-do-what`,title:`Who may do what`,level:2,html:`<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<td></td>
<th>owner</th>
<th>expert</th>
<th>non-expert</th>
<th>reader</th>
</tr>
</thead>
<tbody>
<tr>
<td>look at pictures, annotations, predictions, models, verifications</td>
<td>yes</td>
<td>yes</td>
<td>yes</td>
<td>yes</td>
</tr>
<tr>
<td>draw regions (boxes, turned boxes, polygons)</td>
<td>yes</td>
<td>yes</td>
<td>their own</td>
<td>–</td>
</tr>
<tr>
<td>paint, fill, erase; accept or reject what a model suggests</td>
<td>yes</td>
<td>yes</td>
<td>–</td>
<td>–</td>
</tr>
<tr>
<td>train, stop, choose a model; draw and answer verifications</td>
<td>yes</td>
<td>yes</td>
<td>–</td>
<td>–</td>
</tr>
<tr>
<td>classes, new pictures</td>
<td>yes</td>
<td>–</td>
<td>–</td>
<td>–</td>
</tr>
<tr>
<td>give pictures, also to two people separately; decide between them</td>
<td>yes</td>
<td>–</td>
<td>–</td>
<td>–</td>
</tr>
<tr>
<td>read a picture separately, if asked to</td>
<td>yes</td>
<td>yes</td>
<td>with regions</td>
<td>–</td>
</tr>
<tr>
<td>accounts, the log</td>
<td>yes</td>
<td>–</td>
<td>–</td>
<td>–</td>
</tr>
</tbody>
</table></div>
<p>A non-expert's regions have the role <code>non-expert</code>, and each of them counts as <a href="/?help=concepts" data-place="concepts">evidence</a> as such; they cannot
move or delete those of others. The server decides this in one table, for every request, before anything else happens
(<code>access.rs</code>); a request that stands in no row is refused. Tests send every request of the API as every role and as nobody.</p>
<p><strong>In whose name.</strong> Strokes and new regions carry the name of the account that is logged in, whatever a request says. Whoever
changes a region answers for it from then on; one that stays as it was keeps its author, also when its removal is undone. A name
is never given to a second person, not even after its account is removed.</p>
`},{id:`accounts`,title:`Accounts`,level:2,html:`<p>An owner manages them in the app under <em>People</em>, or at the command line, also while the server runs; both count from the next
request on:</p>
<pre tabindex="0"><code>lacuna team add ben --role non-expert --data mouths
lacuna team list --data mouths
lacuna team role ben --role expert --data mouths
lacuna team password ben --data mouths             # a new one; ends their logins
lacuna team remove ben --data mouths
</code></pre>
<p>Passwords are made by chance and shown once, or read from standard input with <code>--password-stdin</code>. People choose their own under
their name in the app: at least 10 characters. There is always an owner left: the last one cannot be removed.</p>
<p>A login ends after 12 hours without a request, after 7 days in any case, when its owner logs out or changes the password in
another browser, and when an owner ends it under <em>People</em>. An open page stops getting news within 5 seconds.</p>
`},{id:`two-people-in-one-picture`,title:`Two people in one picture`,level:2,html:`<p>Strokes of both are kept, in the order in which they reach the disk, and each page shows the other's at once. Where two people
said different things about the same pixels without having seen the other's, the second is asked whose counts. Regions never
contradict each other: all of both stay.</p>
<p><em>Show</em> in the list of pictures keeps to what one person worked on, and to pictures in which classes that exclude each other are
painted on the same pixels; those count as unknown until somebody decides.</p>
`},{id:`who-is-to-do-what`,title:`Who is to do what`,level:2,html:`<p>An owner lists pictures (<em>Show</em>, <em>Search</em>) and gives those that are listed to one or more people (<em>Give to somebody…</em>). Under <em>Show</em>
each finds <em>Mine to do</em>; <em>What to paint next</em> then stays within it. That orders the work and forbids nothing: everybody may
still open every picture.</p>
<p>Two people who are given the same picture paint into one annotation and see each other. To measure how well they agree, give it to
them separately.</p>
`},{id:`two-people-the-same-picture-separately`,title:`Two people, the same picture, separately`,level:2,html:`<p>Under <em>Give to somebody…</em> choose two people and <em>Separately</em>. Each of the two begins with an empty picture and sees only what they
paint themselves, whatever was there before. An expert or an owner paints, a non-expert draws regions. When they press <em>I am done</em>
they can still go on, until the other is done, too.</p>
<p><strong>Neither is influenced by the other.</strong> The server decides it for every request: annotations, lists, reasons, news and answers hold
nothing of what the other says, nor who else was asked. An owner who is one of the two does not find in the log what others did in
that picture, until both are done or they have looked; and until then, who gave which pictures to whom. Nothing of it is learnt from before that either: a model that has learnt one person's
strokes would show them to the other as its prediction. Until then the model, the other people and every command see the picture
as it was before, nobody else paints in it, and people see how far the two are (<em>not begun</em>, <em>working</em>, <em>done</em>). Whoever may read
the folder itself or the log at the command line (<code>lacuna team log</code>) sees everything.</p>
<p><strong>When both are done</strong> what they say comes together in the picture's annotation, as two edits in their names:</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<td></td>
<th>becomes</th>
</tr>
</thead>
<tbody>
<tr>
<td>both say the same</td>
<td>known</td>
</tr>
<tr>
<td>one says something, the other nothing</td>
<td>what the one says</td>
</tr>
<tr>
<td>one says yes, the other no</td>
<td>unknown</td>
</tr>
<tr>
<td>one paints, the other accepted a model's suggestion, and they differ</td>
<td>what is painted</td>
</tr>
<tr>
<td>classes that exclude each other, or <em>yes</em> to a part and <em>no</em> to its whole</td>
<td>both are kept, which counts as unknown</td>
</tr>
<tr>
<td>one says yes, the other no, and one of them also paints what would decide it: another class that excludes it, a part of it, or <em>no</em> to its whole</td>
<td>all of that is unknown</td>
</tr>
<tr>
<td>regions</td>
<td>those of both, which count together</td>
</tr>
<tr>
<td>nobody says anything</td>
<td>what was there before</td>
</tr>
</tbody>
</table></div>
<p>What was said there before gives way in the same manner where it would decide what they contradict. One thing is beyond this: where
anybody drew regions, what lies outside all of them and is unknown counts as <em>no</em>, also where the two contradict each other. There is
no third word for such pixels in the files. Draw regions so that what is contradicted lies inside, or decide.</p>
<p>Pictures in which something that they contradict is still unknown are listed under <em>Show</em>, <em>Contradicting</em>, until somebody
paints there.</p>
<p><em>How well people agree…</em> in the list of pictures shows the agreement (<a href="/?help=scores%23two-people" data-place="scores#two-people">scores.md</a>) by class, with intervals
where there are enough pictures, and by picture, where they agree least first. A picture shows who says yes where: lines that rise
are the first person's, lines that fall the second's, near together where the other says no and far apart where the other says
nothing. There an owner may take one person's word or what both say: an edit like any other, in the owner's name and in the log.
What only the other said becomes unknown again. What was painted, erased or drawn there since their words came together stays,
whatever is decided; such a pixel is known by its being other than what was made then, so that a stroke that says the same as the
word taken last goes with it. It can be decided otherwise later, because what each said is kept. The agreement
stands beside a model's scores under <em>Verify</em>, too: a model cannot be expected to do better. At the command line:
<code>lacuna compare mouths --readings</code>.</p>
<p><strong>Nothing that was painted is lost.</strong> An owner may take a picture back before both are done (<em>Nobody: take them back</em>). What the two
said is kept in its files, and the picture is what it was; an owner may still look at it and take one person's word or both.
Whoever looks or decides cannot be asked to read that picture any more. Given
again to somebody who began, it goes on where they were. The readings of somebody whose account is removed are kept, too: the
picture shows <em>removed</em>, and an owner takes it back. Whoever has seen what the other said cannot be given the picture once more:
that would not be independent. The same two can be given more pictures together with those that they have: these stay as they are.
Pictures that others read now must be taken back first, and what two people have read to the end is not given to others separately.</p>
<p><strong>With many pictures.</strong> The agreement is computed when the dialog or <em>Verify</em> asks for it, from all pictures anew after each that is
finished; that takes the longer the more there are. Giving waits for strokes picture by picture; when both are done,
everybody's strokes wait while what they say is brought together in that picture.</p>
<p>Label Studio paints into the annotation that everybody shares; two people who read separately are not shown it.</p>
`},{id:`the-log`,title:`The log`,level:2,html:`<p>Every change is an entry: who, when, what, in which picture. An edit says how many pixels of which class it set. Logins are
entries too, those that were refused as well (never what was typed as a name that no account has). Owners read it in the app
under <em>People</em>, <em>Who did what</em>, and take it along as CSV or JSON lines; <code>lacuna team log --data mouths</code> prints it.</p>
<p>A stroke's entry also has the length of the outline of what it painted. <code>lacuna team pace --data mouths</code> finds from the times
between strokes how long painting takes whom: so many seconds for each picture, for each stroke, and for every 100 pixels of
outline, by least squares over all that were at most two minutes apart. <code>lacuna loop simulate --cost</code> takes these numbers to
<a href="/?help=app%23learn" data-place="app#learn">compare ways to choose what to paint</a>.</p>
<p>Entries are only added. The file refuses everything else, and every entry is sealed with a hash over itself and the seal before,
so that <code>lacuna serve --check</code> finds an entry that was changed or removed from the middle past the program. Whoever can write the
file can make the whole chain anew, or cut off its end: keep exports or backups elsewhere if that matters.</p>
<p>An edit is on the disk, in the journal of its picture, before it is acknowledged. Its entry in the log follows at once and
survives a crash of the program; after a failure of power the last moments may be missing in the log, never in the journal.</p>
`},{id:`what-to-back-up`,title:`What to back up`,level:2,html:`<p>The whole data set folder, <code>readings/</code> included. Everything in it but one file can be read with a text editor or made anew; that one is
<code>server.sqlite</code>: accounts (with Argon2id hashes of passwords), logins (with hashes of their cookies) and the log. Only its owner
may read it. Do not pass it on with the data set. There is no index beside it: lists are made from the plain files.</p>
<pre tabindex="0"><code>lacuna team backup /backups/mouths-$(date +%F).sqlite --data mouths   # also while the server runs
lacuna serve --check --data mouths                                   # is everything whole?
</code></pre>
<p>To restore, put the copy back as <code>server.sqlite</code> while no server runs, and delete <code>server.sqlite-wal</code> and
<code>server.sqlite-shm</code> beside it. Trainings are run folders under <code>models/</code>: nothing about them is in the database.</p>
`},{id:`for-other-machines-a-proxy-with-tls`,title:`For other machines: a proxy with TLS`,level:2,html:`<p>Browsers should reach the server over TLS only. It does not speak TLS itself: put a proxy before it on the same machine, and tell
the server under which name people come.</p>
<pre tabindex="0"><code>lacuna serve --data /srv/mouths --team --public-url https://lacuna.example.org --port 7878 --no-open
</code></pre>
<p>nginx:</p>
<pre tabindex="0"><code>server {
    listen 443 ssl;
    server_name lacuna.example.org;
    ssl_certificate     /etc/letsencrypt/live/lacuna.example.org/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/lacuna.example.org/privkey.pem;
    add_header Strict-Transport-Security &quot;max-age=31536000&quot; always;
    client_max_body_size 200m;                      # pictures

    location / {
        proxy_pass http://127.0.0.1:7878;
        proxy_set_header Host $host;                # the public name
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_http_version 1.1;
    }
    location = /api/events {                        # news, for as long as the page is open
        proxy_pass http://127.0.0.1:7878;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_read_timeout 1h;
    }
}
</code></pre>
<p>Caddy gets its certificate itself:</p>
<pre tabindex="0"><code>lacuna.example.org {
    reverse_proxy 127.0.0.1:7878 {
        flush_interval -1
    }
}
</code></pre>
<p>The app needs a host name of its own; a path such as <code>example.org/lacuna</code> is not supported. With the proxy on another machine,
add <code>--bind ADDRESS</code> and <code>--trusted-proxy ADDRESS-OF-THE-PROXY</code>, and let nothing but the proxy reach the port. In a closed
network without TLS, <code>--bind 0.0.0.0 --public-url http://192.168.1.5:7878</code> works, and the server warns: passwords and pictures
can be read on the way.</p>
<p>systemd, as <code>/etc/systemd/system/lacuna.service</code>:</p>
<pre tabindex="0"><code>[Unit]
Description=Lacuna
After=network.target

[Service]
User=lacuna
ExecStart=/usr/local/bin/lacuna serve --data /srv/mouths --team --public-url https://lacuna.example.org --port 7878 --no-open
ExecStartPre=/usr/local/bin/lacuna serve --check --data /srv/mouths
# a training is stopped after its step and goes on the next time
KillSignal=SIGINT
TimeoutStopSec=120
Restart=on-failure
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ReadWritePaths=/srv/mouths

[Install]
WantedBy=multi-user.target
</code></pre>
`},{id:`watching-over-it`,title:`Watching over it`,level:2,html:`<ul>
<li>
<p><code>GET /health</code> answers <code>{&quot;status&quot;:&quot;ok&quot;}</code> as long as the server works and can read its accounts; under any host name and without a
login, for load balancers and containers.</p>
</li>
<li>
<p><code>--metrics 127.0.0.1:9187</code> opens an address of its own with <code>/metrics</code> in the format of OpenMetrics, for Prometheus, and
<code>/health</code>. There is no login: let only trusted machines reach it. A proxy before the app does not pass it on. No picture and no
person is named in it.</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>name</th>
<th>what it is</th>
</tr>
</thead>
<tbody>
<tr>
<td><code>lacuna_http_requests_total</code></td>
<td>requests that were answered, by <code>method</code>, <code>route</code> and <code>status</code></td>
</tr>
<tr>
<td><code>lacuna_http_request_duration_seconds</code></td>
<td>histogram of the time until the answer begins, by <code>method</code> and <code>route</code>; saving a stroke is <code>POST</code> <code>/api/cases/{id}/edits</code></td>
</tr>
<tr>
<td><code>lacuna_event_listeners</code></td>
<td>open pages</td>
</tr>
<tr>
<td><code>lacuna_pictures</code>, <code>lacuna_models</code></td>
<td>of the data set</td>
</tr>
<tr>
<td><code>lacuna_training</code>, <code>lacuna_training_failed</code></td>
<td>1 while a training runs; 1 if the last one failed</td>
</tr>
<tr>
<td><code>lacuna_edits_since_training</code></td>
<td>strokes and regions since the last training began, but for pictures that are held back</td>
</tr>
<tr>
<td><code>lacuna_start_time_seconds</code>, <code>lacuna_build_info</code></td>
<td>when this server was started, and its version</td>
</tr>
</tbody>
</table></div>
</li>
<li>
<p><code>--log json</code> writes a line to the standard error stream for every request (<code>timestamp</code>, <code>method</code>, <code>route</code>, <code>status</code>, <code>milliseconds</code>,
<code>who</code> sent it, and as <code>reason</code> the kind of problem if it was refused) and for everything that the app's own log says; <code>--log text</code> the same for
people. Addresses are not written, only routes. Under systemd: <code>journalctl -u lacuna -o cat | jq</code>.</p>
</li>
<li>
<p>Ctrl-C, SIGTERM and SIGINT end the server: a training stops after its step and is saved, edits go into their files.</p>
</li>
</ul>
<p>How much it bears: 20 people who paint at once, about two strokes a second each, in 40 pictures of 512 × 384 pixels, on a machine
with 2 cores (90 s each; <code>cargo run --release --example annotators -- 90 20</code>). No stroke was refused. Time until a stroke is on
the disk, in milliseconds:</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<td></td>
<th>strokes</th>
<th>median</th>
<th>95 % below</th>
<th>99 % below</th>
<th>longest</th>
</tr>
</thead>
<tbody>
<tr>
<td>no training</td>
<td>3956</td>
<td>4.0</td>
<td>10.4</td>
<td>15.7</td>
<td>21.8</td>
</tr>
<tr>
<td>a training beside it</td>
<td>3904</td>
<td>7.2</td>
<td>16.8</td>
<td>26.8</td>
<td>85.1</td>
</tr>
</tbody>
</table></div>
`},{id:`how-it-is-protected`,title:`How it is protected`,level:2,html:`<ul>
<li><strong>Passwords</strong> are kept as Argon2id hashes (19 MiB, 2 passes, 1 lane, as OWASP recommends), each with its own salt. An unknown
name takes as long as a known one.</li>
<li><strong>Guessing</strong>: 10 wrong passwords for an account or 50 from an address (IPv6: a network of 64 bits) within 15 minutes, then
neither gets in for the rest of them, also with the right one. Who is logged in stays so. This can be used to keep somebody from
logging in for a while; the log shows from where. A restart of the server forgets the counts.</li>
<li><strong>Addresses</strong> come from the connection. Behind a proxy (<code>--public-url</code>) the last entry of <code>X-Forwarded-For</code> counts, which the
proxy wrote, and only if the connection comes from this machine or a <code>--trusted-proxy</code>.</li>
<li><strong>The cookie</strong> is 32 random bytes, of which the server keeps a hash. <code>HttpOnly</code>: scripts do not see it. <code>SameSite=Strict</code>:
requests that another site causes do not carry it. With an https address it is <code>Secure</code> and called <code>__Host-lacuna</code>, so that
neighbouring hosts cannot set it.</li>
<li><strong>Other sites</strong> cannot send requests in somebody's name (CSRF), for three reasons of which each would do: the cookie does not
come along; <code>Host</code> and <code>Origin</code> must be the server's own (<code>Origin</code> comes with everything that changes something; where it is
missing, <code>Sec-Fetch-Site</code> must not tell of another site); and bodies must be JSON, which a form cannot send and a script of
another site may not without being asked for, which the server does not answer. A token in each page would add nothing to that.
The names are also what keeps out a foreign host name that is made to lead to the server (DNS rebinding).</li>
<li><strong>Two people, one browser</strong>: pages say in whose name they speak. After somebody else has logged in, what an older page still
wants to send is refused; it is kept in the browser and offered to its author again.</li>
<li><strong>Pages</strong> load nothing but what the server sends (<code>Content-Security-Policy</code>), and are not shown in frames of others.</li>
</ul>
`}]},{name:`label-studio`,title:`Painting in Label Studio`,sections:[{id:`painting-in-label-studio`,title:`Painting in Label Studio`,level:1,html:`<p>Label Studio can use Lacuna as its <em>model</em>: people paint in Label Studio, Lacuna gets what they paint, trains on it, and
Label Studio shows what the model predicts. Nothing but <code>lacuna</code> runs: no Python on Lacuna's side. (To bring annotations over
once, use <code>lacuna import label-studio</code> and <code>lacuna export label-studio</code>: <span>formats.md</span>.)</p>
`},{id:`connect`,title:`Connect`,level:2,html:`<ol>
<li>
<p>Start Lacuna on a data set or on an empty folder, and say which Label Studio may connect:</p>
<pre tabindex="0"><code>lacuna serve cells --label-studio http://localhost:8080
</code></pre>
<p>It shows the app's link, and an address for Label Studio:</p>
<pre tabindex="0"><code>For Label Studio the address of the model, which nobody else should know, is

  http://127.0.0.1:7878/label-studio/5f0c…
</code></pre>
<p>The address is the same at the next start. Whoever knows it can send annotations and get predictions (in Label Studio that
is everybody who may see the project's settings); it sends no password with its webhooks, so the secret is in the address.
It is kept in <code>label-studio/connection.json</code> of the data set's folder: delete the file to get another.</p>
</li>
<li>
<p>In Label Studio, open the project's <em>Settings → Model → Connect Model</em>, paste the address as <em>Backend URL</em>, and switch
<em>Interactive preannotations</em> on if smart tools are wanted.</p>
</li>
</ol>
<p>Label Studio as it comes refuses models on the same machine or in a private network. Start it with
<code>ML_BLOCK_LOCAL_IP=false</code> (the model) and <code>SSRF_PROTECTION_ENABLED=false</code> (its webhooks), or give Lacuna a public name with
<code>--team --public-url</code> behind a proxy (<a href="/?help=team" data-place="team">team.md</a>).</p>
`},{id:`the-labelling-interface`,title:`The labelling interface`,level:2,html:`<p>The interface needs a picture and a brush whose labels are the classes:</p>
<pre tabindex="0"><code>&lt;View&gt;
  &lt;Image name=&quot;image&quot; value=&quot;$image&quot;/&gt;
  &lt;BrushLabels name=&quot;brush&quot; toName=&quot;image&quot;&gt;
    &lt;Label value=&quot;gum&quot; background=&quot;#c81e5a&quot;/&gt;
    &lt;Label value=&quot;Tooth&quot; predicted_values=&quot;teeth&quot;/&gt;
    &lt;Label value=&quot;not_gum&quot; background=&quot;#707070&quot;/&gt;
  &lt;/BrushLabels&gt;
  &lt;RectangleLabels name=&quot;box&quot; toName=&quot;image&quot;&gt;
    &lt;Label value=&quot;region&quot;/&gt;
  &lt;/RectangleLabels&gt;
  &lt;KeyPointLabels name=&quot;point&quot; toName=&quot;image&quot; smart=&quot;true&quot;&gt;
    &lt;Label value=&quot;gum&quot;/&gt;
  &lt;/KeyPointLabels&gt;
&lt;/View&gt;
</code></pre>
<ul>
<li>A label is the class of its name, or the one in <code>predicted_values</code>. In an empty folder the labels of the brush become the
classes.</li>
<li><code>not_gum</code> paints pixels that are certainly no gum; <code>region</code> is drawn around everything of interest, whoever drew it. Both
may be left out.</li>
<li>Polygons and ellipses with the label of a class are painted, too. Rectangles with the label of a class are not: a box
around a tooth says nothing about the pixels in it, nor outside. Interfaces with other tools that mark pixels, such as
<code>BitmaskLabels</code>, are refused.</li>
<li>With a <em>smart</em> key point or rectangle Label Studio asks for a region, and gets what <a href="/?help=app" data-place="app"><em>Propose</em></a> finds: key points
are scribbles (held with Alt, of the background), a rectangle lies around everything that is meant.</li>
</ul>
<p><code>lacuna export label-studio</code> writes an interface for the classes of a data set that exists.</p>
`},{id:`what-happens`,title:`What happens`,level:2,html:`<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>In Label Studio</th>
<th>Here</th>
</tr>
</thead>
<tbody>
<tr>
<td>the model is connected, or Lacuna was started again</td>
<td>all annotations of the project are fetched and painted</td>
</tr>
<tr>
<td>an annotation is submitted or updated</td>
<td>it is kept on the disk at once, its picture fetched if the data set does not have it, and its pixels painted; if that cannot be done now (Label Studio does not give the picture), it is tried again when Label Studio next connects</td>
</tr>
<tr>
<td>an annotation or a task is deleted</td>
<td>what it said is taken back</td>
</tr>
<tr>
<td><em>Start training</em></td>
<td>all annotations of the project are fetched, and a training begins from the current model; it also begins by itself, as in the app</td>
</tr>
<tr>
<td>a task without predictions is opened, or <em>Retrieve predictions</em></td>
<td>one brush stroke a class with what the current model says, and as score how sure it is on average (0–1)</td>
</tr>
</tbody>
</table></div>
<p>A pixel that nobody painted is <strong>unknown</strong>. If in your project every picture is painted completely, say so:
<code>--label-studio-unpainted background</code>; then the rest of every annotated picture is negative. Where several people annotated
one task, a pixel on which they contradict each other is unknown. Cancelled annotations say nothing.</p>
<p>The app is open at the same time, on the same pictures. Only what an annotation says <em>otherwise than before</em> changes anything: a
correction painted in the app stays until the same pixel is changed in Label Studio. Only pixels that were painted for an
annotation, and that nobody has painted in the app since, are taken back with it. Unpainted pixels that mean background become
negative only where nobody has painted in the app. If several tasks are of one picture, they count together, as several
annotators of one task do. Lacuna never writes into Label Studio but for predictions; a task whose picture cannot be fetched
gets none.</p>
<p>A Label Studio that is set up anew begins its numbers anew. Lacuna tells its projects from the old ones by the time at which
they were made: what the old ones said stays painted.</p>
<p>As in the app, some pictures are held back from training to measure how good the model is; annotations in them train nothing.</p>
`},{id:`pictures-and-tokens`,title:`Pictures and tokens`,level:2,html:`<p>Addresses of pictures come from tasks, which many people may write. So Lacuna fetches from the Label Studio named at its
start, and from no other host unless you add it: <code>--label-studio-pictures https://pictures.example.org</code>. Pictures in a cloud
storage (<code>s3://</code>, <code>gs://</code>, <code>azure-blob://</code>) are fetched through Label Studio; if it leads on to the storage's own host, that
one has to be added as well.</p>
<p>Label Studio sends an access token when it connects. If it refuses that token (newer ones do until <em>legacy tokens</em> are
allowed in the organisation's settings), make a personal access token in <em>Account &amp; Settings</em> and give it in the
environment: <code>LACUNA_LABEL_STUDIO_TOKEN=… lacuna serve …</code>. The token is sent to Label Studio only, and kept in memory only.</p>
`},{id:`when-it-does-not-work`,title:`When it does not work`,level:2,html:`<p>Label Studio says little about why a model failed; Lacuna's log (in the app under <em>Learn</em>) says it.</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>Label Studio says</th>
<th>Reason</th>
</tr>
</thead>
<tbody>
<tr>
<td><em>health check failed</em></td>
<td>the address is wrong, or Label Studio may not call this machine (above)</td>
</tr>
<tr>
<td><em>it doesn't look like a valid ML backend … 422</em></td>
<td>a label of the interface is no class of the data set, or a class has no label</td>
</tr>
<tr>
<td><em>403</em> when connecting</td>
<td>Label Studio calls the server by another name than the one in the address; with <code>--team</code>, <code>--public-url</code> says its name</td>
</tr>
<tr>
<td>predictions are empty</td>
<td>there is no model yet, or the picture could not be fetched</td>
</tr>
</tbody>
</table></div>
<p><code>refs/formats/check_ml_backend.py</code> goes through all of this with a real Label Studio.</p>
`}]},{name:`detection`,title:`Boxes by a detector`,sections:[{id:`boxes-by-a-detector`,title:`Boxes by a detector`,level:1,html:`<p>A box around everything of interest says <em>no</em> about every pixel outside it, for every class at once. It takes a person
without expert knowledge half a minute. In the paper, a Faster R-CNN learned from 100 such boxes, one hour of work, and
drew those of all other pictures. These commands do the same.</p>
<pre tabindex="0"><code>lacuna detect train    --data DS --output-dir runs/boxes      # learns from the boxes that people drew
lacuna detect evaluate --run runs/boxes --data DS             # beside simpler ways, on pictures it has not seen
lacuna detect predict  --run runs/boxes --data DS             # regions of role \`model\` for the others
lacuna audit --data DS                                        # regions by who drew them; paint outside them
lacuna train --data DS --output-dir runs/a --policy fusion+box --box-trust .8
</code></pre>
<p>Boxes come from <code>lacuna serve</code>, from an import (<span>formats.md</span>), or from
<code>lacuna import png-masks --box-around</code>.</p>
`},{id:`training`,title:`Training`,level:2,html:`<p><code>lacuna detect train</code> takes the cases of the split's training part in which somebody drew a region; <code>--role expert</code> or
<code>--role non-expert</code> takes only those. Of a polygon or a turned box it takes the upright box around. A box that reaches more
than a pixel out of its picture, or encloses less than one, is an error that names the case; nothing is written then.</p>
<p>All boxes are of one kind: <em>everything of interest</em>. The detector is torchvision's Faster R-CNN on a ResNet18 with feature
pyramid, with torchvision's names in its checkpoint. By default it ends at <code>layer3</code> (<code>--encoder-depth 4</code>), starts from
ImageNet weights, keeps the statistics of its batch normalisations, and trains three stages (<code>--trainable-layers</code>). Pictures
are resized to a shorter side of 320 pixels (<code>--short-side</code>), flipped and varied in colour. The largest anchor is as large as
the shorter side, for a box around everything fills most of a picture. In small pictures most of the time goes to the box head's
regions, of which fewer do (<code>--box-batch-size-per-image 128</code>). SGD with one epoch of warm-up, then a cosine.</p>
<p>The cases of the validation part choose the checkpoint by COCO's AP, and the margin (below). Without boxes there, the last
epoch is kept and no margin is recommended. The same seed gives the same bytes, also after Ctrl-C and <code>--resume</code>.</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>in the run folder</th>
<td></td>
</tr>
</thead>
<tbody>
<tr>
<td><code>config.toml</code></td>
<td>every setting; <code>--config</code> reproduces the run</td>
</tr>
<tr>
<td><code>detector.json</code></td>
<td>classes, training pictures with hash, group and boxes, validation cases</td>
</tr>
<tr>
<td><code>checkpoints/{best,last}.safetensors</code></td>
<td>weights by torchvision's names</td>
</tr>
<tr>
<td><code>metrics.csv</code>, <code>events.jsonl</code>, TensorBoard</td>
<td>as in a segmentation run: <code>train_loss</code>, <code>val/ap</code>, <code>val/ap50</code></td>
</tr>
<tr>
<td><code>summary.json</code></td>
<td>AP, AP50, the curve over the margin and the recommended margin, on the validation cases</td>
</tr>
<tr>
<td><code>folds/</code>, <code>largest-component/</code></td>
<td>detectors and networks that prediction or evaluation trained on the way</td>
</tr>
</tbody>
</table></div>
`},{id:`what-a-box-is-worth`,title:`What a box is worth`,level:2,html:`<p>A detector is usually judged by how well its boxes fit. Here two shares matter more:</p>
<ul>
<li><strong>missed</strong>: of the pixels of any class, the share outside the boxes. They would be taught as negatives, wrongly.</li>
<li><strong>gained</strong>: of the pixels outside the tightest box around the classes, the share outside the boxes. That is what the
boxes are for.</li>
</ul>
<p>Moving all sides outwards by a <em>margin</em>, a share of the picture's longer side, lowers both. <code>lacuna detect train</code> prints
both over the margin on the validation cases, and recommends the smallest margin that leaves at most <code>--most-missed</code> (.005)
of the classes outside. <code>lacuna detect predict</code> uses it unless <code>--margin</code> is given.</p>
<p>Where the classes are is taken from the strongest that is there: complete masks (in <code>detect evaluate</code> only: training never
reads them), else painted pixels with people's boxes for the outside, else people's boxes alone, whose inside then stands for
the classes.</p>
`},{id:`simpler-ways`,title:`Simpler ways`,level:2,html:`<p>A detector has to earn its place. <code>lacuna detect evaluate</code> prints one row each for these, <code>largest-component</code> only if it is
asked for (<code>--baseline mean-box --baseline largest-component</code>), since it trains a network:</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>row</th>
<td></td>
</tr>
</thead>
<tbody>
<tr>
<td><code>detector</code></td>
<td>the run</td>
</tr>
<tr>
<td><code>whole-image</code></td>
<td>no box cuts anything off, and none gives anything</td>
</tr>
<tr>
<td><code>mean-box</code></td>
<td>the mean of the training boxes, as shares of width and height</td>
</tr>
<tr>
<td><code>largest-component</code></td>
<td>around the largest piece of what a quick U-Net (recipe <code>quick</code>, same encoder weights), trained on the insides of the boxes, calls inside; trained once, kept in the run folder</td>
</tr>
<tr>
<td><code>model's boxes there</code>, <code>people's boxes</code></td>
<td>regions that are in the data set already</td>
</tr>
</tbody>
</table></div>
<p>with AP50 and AP, and <em>missed</em> and <em>gained</em> without margin and at the margin that the run's validation cases recommend for
that row. Pictures that the detector was trained on, others of their group, and its validation cases are left out.
<code>--output-dir DIR</code> writes <code>report.html</code> with the table, the curve and the pictures that lose most, <code>curve.svg</code>, and for
programs <code>boxes.csv</code> (a row a way and margin) and <code>pictures.csv</code> (a row a way and picture).
<strong>If a simpler row gains as much and misses no more, use it</strong>: <code>lacuna detect predict --baseline mean-box</code> writes its boxes.
On photographs of single blood cells, which lie in the middle, the mean box costs half a point of Dice against the detector; on
photographs of teeth, which may be anywhere, the detector is far ahead of it (<span>results</span>).</p>
`},{id:`prediction`,title:`Prediction`,level:2,html:`<p>Boxes become regions of role <code>model</code>, with their score and the version of the detector. Before anything is written, all
pictures are predicted.</p>
<ul>
<li>People's regions are never touched. Where there is one, it counts and the model's does not.</li>
<li>Earlier regions of models are replaced; the command says how many.</li>
<li>At most as many boxes a picture as a person drew in any training picture (<code>--most</code>), those with the best scores, from
<code>--score-threshold</code> (.5) on. Several boxes count together: outside means outside all.</li>
<li>Where nothing is found there is no box, and nothing outside one is known. The pictures are named.</li>
<li>The data set may be another one, with the same classes.</li>
</ul>
<p><strong>Out of fold.</strong> A detector's word about a picture it was trained on is worth nothing. Such pictures are known by their
content, also under other names and in other data sets; they and all others of their group are left out. <code>--folds 5</code> divides
the training pictures by group, trains five more detectors, each on the pictures of the other four fifths, and lets each
predict what it has not seen. They are ordinary runs in <code>RUN/folds</code>; if that is interrupted, the same command goes on.
<code>--dry-run</code> says which pictures come from which detector.</p>
`},{id:`how-far-to-trust-them`,title:`How far to trust them`,level:2,html:`<p><code>--box-trust SCORE</code> of <code>lacuna train</code> (setting <code>box_trust</code>): regions of models with a lower score give no negatives; those of
people always do. <code>lacuna audit --box-trust SCORE</code> shows what is left.</p>
<p>The audit lists regions by who drew them: in how many cases, in how many they count, and how many painted pixels lie outside
them. An expert's paint outside a box wins over the box; many such pixels mean that the boxes are too small, and that what was
not painted is being cut off too.</p>
`},{id:`limits`,title:`Limits`,level:2,html:`<ul>
<li>Inside the box there are no negatives but those of exclusive classes and <em>neither</em> strokes (<a href="/?help=concepts" data-place="concepts">concepts.md</a>).</li>
<li>A box that cuts a structure off teaches the network to stop there. Look at <em>missed</em> before training on predicted boxes.</li>
<li>The <code>quick</code> U-Net and the mean box know one box a picture.</li>
<li>Two people's boxes in one picture count as two boxes.</li>
</ul>
`}]},{name:`first-project`,title:`Your first project`,sections:[{id:`your-first-project`,title:`Your first project`,level:1,html:`<p>This page goes from two folders, photos and masks, to a trained and scored model and to masks of new photos.
The outputs are real: 24 synthetic pictures of mouths, 192×192 pixels, from eight invented patients, trained for
half a minute on one processor core. Lines left out are marked <code>…</code>. The scores are those of a toy.</p>
`},{id:`1-make-a-data-set`,title:`1. Make a data set`,level:2,html:`<pre tabindex="0"><code>lacuna init mouths --class gum --class teeth --exclusive gum,teeth
</code></pre>
<pre tabindex="0"><code>made data set \`mouths\` in mouths
  class gum (#d55e00)
  class teeth (#009e73)
  a pixel is at most one of: gum, teeth
</code></pre>
<p><code>--exclusive</code> is a statement about the world: no pixel is both. A pixel painted as gum is then certainly no tooth,
and this is the cheapest source of true negatives. Declare it only where it holds. <code>--part-of caries,teeth</code> says
that caries is part of a tooth. Both can be changed later in <code>dataset.toml</code>.</p>
`},{id:`2-import-photos-and-masks`,title:`2. Import photos and masks`,level:2,html:`<p>Masks are PNG files of the size of their photo. Two layouts are read.</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>layout</th>
<th>file</th>
<th>values</th>
</tr>
</thead>
<tbody>
<tr>
<td>indexed</td>
<td><code>masks/P01_1.png</code></td>
<td>the class of each pixel: 0 not painted, 1 the first class, 2 the second, …</td>
</tr>
<tr>
<td>one file a class</td>
<td><code>masks/P01_1_gum.png</code> or <code>masks/gum/P01_1.png</code></td>
<td>0 not painted, 1 or the brightest value painted</td>
</tr>
</tbody>
</table></div>
<p>Other numbers in indexed masks are mapped with <code>--map 7=gum</code>; <code>--ignore-value 255</code> names a value that says nothing.
JPEG masks are refused: JPEG changes the values.</p>
<pre tabindex="0"><code>lacuna import png-masks --data mouths --images photos --masks masks --unpainted unknown \\
    --group-from '^(P[0-9]+)_' --author 'Dr Example'
</code></pre>
<pre tabindex="0"><code>imported 24 pictures into mouths

class  pictures with it  painted pixels  negative  unknown  pictures without a file
-----  ----------------  --------------  --------  -------  -----------------------
gum                  24           40189         0   844547                        0
teeth                24           56821         0   827915                        0
unpainted pixels of 24 pictures taken as unknown: nobody said
</code></pre>
<p><strong><code>--unpainted</code> is never guessed.</strong> A 0 in a mask can mean two things, and the file does not say which.
<code>unknown</code>: the annotator painted a part, the rest may be anything. <code>background</code>: the masks are complete, the rest is
certainly none of the classes. On a terminal the program asks; in a script it refuses. The answer is written into the
imported masks and into <code>provenance.json</code>.</p>
<p><strong><code>--group-from</code></strong> finds the patient in the file name (a regular expression; the first parentheses count). Pictures
of one patient must not train and test. Without it the program warns; you can also fill the column <code>group</code> of
<code>cases.csv</code> in a spreadsheet. Do so before you split.</p>
<p>An import is done completely or not at all. Photos without masks are allowed; everything in them is unknown.
<code>lacuna import images photos --data mouths</code> imports photos alone.</p>
`},{id:`3-boxes-by-non-experts`,title:`3. Boxes by non-experts`,level:2,html:`<p>A person who knows nothing about gums can draw a box around everything of interest. Outside it no class can be: a
second source of negatives. A box can get into the data set in two ways.</p>
<ul>
<li><strong>By hand</strong>, one file a picture, <code>annotations/P01_1/regions.json</code> (pixels, x to the right, y down):<pre tabindex="0"><code>{&quot;version&quot;: 1, &quot;regions&quot;: [
  {&quot;box&quot;: {&quot;x&quot;: 41, &quot;y&quot;: 62, &quot;width&quot;: 113, &quot;height&quot;: 80},
   &quot;author&quot;: &quot;A. Colleague&quot;, &quot;role&quot;: &quot;non-expert&quot;, &quot;origin&quot;: &quot;by hand&quot;}
]}
</code></pre>
Polygons and rotated boxes work too: see <span>data-set.md</span>.</li>
<li><strong>From the masks</strong>, at import: <code>--box-around gum --box-around teeth --box-margin 10</code>. The box encloses what is
<em>painted</em>. Use it only if the outer ends of everything visible are painted. Otherwise it cuts off teeth and says
that they are not there.</li>
</ul>
`},{id:`4-audit`,title:`4. Audit`,level:2,html:`<pre tabindex="0"><code>lacuna audit --data mouths --image-size 64 --pictures audit
</code></pre>
<pre tabindex="0"><code>data set \`mouths\`: 24 cases, 23 with a region, 0.9 million pixels
known to be of no class inside the regions (neither strokes, declared background): 0.0 %

class  policy         positive  negative  unknown    known
-----  -------------  --------  --------  -------  -------
gum    standard          4.5 %    95.5 %    0.0 %  100.0 %
gum    positive-only     4.5 %     0.0 %   95.5 %    4.5 %
gum    fusion            4.5 %     6.4 %   89.0 %   11.0 %
gum    box               4.5 %    95.5 %    0.0 %  100.0 %
gum    positive+box      4.5 %    51.3 %   44.2 %   55.8 %
gum    fusion+box &lt;      4.5 %    57.7 %   37.8 %   62.2 %
…
warning: 1 of 24 cases have no region, or one around the whole picture: no negatives come from outside it
warning: no pixel inside the region is painted as neither: everything inside it will be called one of the classes
</code></pre>
<p>A row says what a network is told under a <a href="/?help=concepts%23policies" data-place="concepts#policies">policy</a>. Read it like this: under <code>fusion+box</code>, 4.5 %
of all pixels are known to be gum, 57.7 % are known not to be, and of 37.8 % nothing is known. <code>standard</code> knows
everything, because it takes &quot;nobody painted it&quot; for &quot;no&quot;; that is the mistake this program exists for.</p>
<p>The second table counts where the evidence comes from. <code>paint left at training size</code> is the share of painted pixels
that still say the same after downscaling. With <code>--pictures DIR</code> each case is drawn: colour where painted, dots where
another class excludes it, stripes outside the box, the bare photo where nothing is known.</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>warning</th>
<th>what it means</th>
<th>what to do</th>
</tr>
</thead>
<tbody>
<tr>
<td>class … has no annotated pixels</td>
<td>nothing can be learned about it</td>
<td>paint it in a few pictures, or remove it</td>
</tr>
<tr>
<td>class … has no negatives under …</td>
<td>it will be predicted everywhere</td>
<td>declare exclusion, draw boxes, or paint where it is not</td>
</tr>
<tr>
<td>… pixels are also painted as a class it excludes</td>
<td>the masks contradict each other; unknown for both (<code>standard</code>, <code>box</code>: positive for both)</td>
<td>correct them, or do not declare exclusion</td>
</tr>
<tr>
<td>… painted pixels lie outside the region</td>
<td>the paint counts, the box does not</td>
<td>enlarge the box</td>
</tr>
<tr>
<td>only … % of the painted pixels survive</td>
<td>strokes are thin at this <code>--image-size</code></td>
<td>a larger size, or paint areas</td>
</tr>
<tr>
<td>… of … cases have no region, or one around the whole picture</td>
<td>no negatives from a box in them</td>
<td>draw boxes, or train with <code>fusion</code></td>
</tr>
<tr>
<td>no pixel inside the region is painted as neither</td>
<td>lip and tongue inside the box will be called gum or teeth</td>
<td>see <a href="/?help=concepts%23neither" data-place="concepts#neither"><em>neither</em></a></td>
</tr>
</tbody>
</table></div>
<p>Give <code>audit</code> the <code>--image-size</code>, <code>--resize</code> and <code>--policy</code> you will train with.</p>
`},{id:`5-split`,title:`5. Split`,level:2,html:`<pre tabindex="0"><code>lacuna split --data mouths --validation .2
</code></pre>
<pre tabindex="0"><code>fold  train  validation  test
----  -----  ----------  ----
   0     15           3     6

all pictures of a group are in the same part
</code></pre>
<p>All pictures of a patient go to one part. Pictures that look the same on two sides are warned about.
<code>--folds 5 --name cross</code> makes a cross-validation; train it with <code>--split cross --fold 0</code>, and so on.</p>
`},{id:`6-train`,title:`6. Train`,level:2,html:`<pre tabindex="0"><code>lacuna train --data mouths --output-dir runs/a --preset quick --policy fusion+box --encoder-depth 3 --image-size 64 \\
    --epochs 12 --optimizer adamw --lr 0.001 --lr-schedule poly
</code></pre>
<pre tabindex="0"><code>run a: fusion+box for gum and teeth, 15 train / 3 validation / 6 test, 64×64 px, 2.34 M parameters, cpu with 1 threads
epoch  1/12  loss 0.6643  lr 9.62e-4  coverage 0.730  dice/gum 0.183  dice/mean 0.214  …  6.8 images/s  2.4 s
…
epoch 12/12  loss 0.0802  lr 5.73e-5  coverage 0.730  dice/gum 0.620  dice/mean 0.765  …  7.4 images/s  2.2 s
trained 12 epochs: best epoch 12 with mean Dice 0.765 on known validation pixels
</code></pre>
<p><strong>Which policy.</strong> With boxes: <code>fusion+box</code>. Without boxes, but exclusive classes: <code>fusion</code>. With complete masks
(<code>--unpainted background</code>): <code>fusion</code>, where the declared background is used. Keep a <code>standard</code> run as the baseline.</p>
<p><strong>How long.</strong> Epochs × training pictures ÷ the <code>images/s</code> of the first epoch. Cost grows with the number of pixels: 512
takes four times as long as 256. Or say how long it may take: <code>--budget 20min</code> chooses picture size, batch and epochs for
this machine, and says why (<span>recipe.md</span>).</p>
<p><strong>Presets.</strong> Without one, the recipe is <span><code>default</code></span>. <code>--preset quick</code>: 128 pixels, 25 epochs, random weights. <code>--preset paper</code>: the published recipe (512
pixels, the large network, 50 epochs, no validation part). Flags win over the preset. All settings:
<span>configuration.md</span>.</p>
<p><strong>Encoder weights.</strong> The default starts from a ResNet18 trained on ImageNet, which has to be fetched once (47 MB):</p>
<pre tabindex="0"><code>lacuna weights fetch resnet18
</code></pre>
<p>On a machine without network, download the file that <code>lacuna weights list --json</code> names on another machine, carry it
over, and run <code>lacuna weights fetch resnet18 --from resnet18-f37072fd.pth</code>. Its checksum is verified. Or train with
<code>--encoder-weights none</code>.</p>
<p><strong>Ctrl-C</strong> finishes the step at hand, saves and exits with 130. A second Ctrl-C leaves at once. To go on:</p>
<pre tabindex="0"><code>lacuna train --resume --output-dir runs/a
</code></pre>
<p>The resumed run ends with the same bytes as one that was never stopped. <code>--resume --epochs 30</code> trains longer; the
learning rate then follows the longer plan from there on. No other setting can be changed.</p>
`},{id:`7-evaluate`,title:`7. Evaluate`,level:2,html:`<pre tabindex="0"><code>lacuna evaluate --run runs/a --threshold 0.5 --threshold elkan-noto --threshold validation
</code></pre>
<pre tabindex="0"><code>known pixels (painted regions only: a selected sample)

class  threshold                           Dice  pooled    IoU  precision  recall  HD95    NSD
-----  ------------------  --------------------  ------  -----  ---------  ------  ----  -----
gum    0.5 (0.500)         0.655 [0.595, 0.715]   0.616  0.508      0.821   0.571  60.3  0.124
…
class  lowest  highest
gum     0.105    0.885
…
unpainted = negative (the paper's definition)
gum    0.5 (0.500)         0.303 [0.298, 0.307]   0.283  0.182      0.208   0.571  36.3  0.158
</code></pre>
<p>These pictures are drawn, so their truth is known. With it in <code>truth/</code> a third table appears, and gum scores 0.474 on
all pixels: far below the 0.655 on known pixels, inside the bounds of 0.105 and 0.885. This is why no single number is
given. <a href="/?help=scores" data-place="scores">scores.md</a> explains each.</p>
<p><code>runs/a/evaluation/test/</code> holds <code>report.html</code> (tables, curves, worst and best pictures), <code>summary.json</code>,
<code>per_case.csv</code>.</p>
`},{id:`8-predict`,title:`8. Predict`,level:2,html:`<pre tabindex="0"><code>lacuna predict --run runs/a -i new -o masks-new --per-class --probabilities png16 --overlays --measure --spacing 0.1,0.1
</code></pre>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>output</th>
<th>made by</th>
<th>what</th>
</tr>
</thead>
<tbody>
<tr>
<td><code>Q60.png</code></td>
<td>always</td>
<td>palette PNG: 0 none, 1 the first class, … at the photo's own size</td>
</tr>
<tr>
<td><code>Q60.gum.png</code></td>
<td><code>--per-class</code></td>
<td>two-state mask of one class; classes may overlap</td>
</tr>
<tr>
<td><code>Q60.gum.probability.png</code></td>
<td><code>--probabilities png16</code></td>
<td>16-bit grey, 65535 = 1</td>
</tr>
<tr>
<td><code>Q60.probability.npy</code></td>
<td><code>--probabilities npy</code></td>
<td>float32 <code>[classes, height, width]</code></td>
</tr>
<tr>
<td><code>overlays/Q60.png</code></td>
<td><code>--overlays</code></td>
<td>the prediction drawn over the photo</td>
</tr>
<tr>
<td><code>measures.csv</code></td>
<td><code>--measure</code></td>
<td>area, share of the picture, pieces of each class; mm² with <code>--spacing</code> or a spacing in <code>cases.csv</code></td>
</tr>
</tbody>
</table></div>
<p>A pixel that several classes claim goes to the one furthest above its threshold. Measures count each class by itself,
so such pixels count in both. <code>--tile</code> predicts large photos in tiles at full resolution; use it only if the network
was trained at about that scale. <code>--tta flips</code> averages over mirrored copies and takes four times as long.</p>
<p><strong>Completed annotations.</strong> What people painted is kept, the model fills the rest:</p>
<pre tabindex="0"><code>lacuna predict --run runs/a --data mouths -o masks-all --complete mouths-completed --threshold validation
</code></pre>
<p><code>mouths-completed</code> is a whole data set. What the model filled is marked in <code>CLASS.suggested.png</code>. It trains with half the
weight of paint (<code>source_weights.accepted</code>) and never counts as truth in an evaluation.</p>
`},{id:`9-explain`,title:`9. Explain`,level:2,html:`<pre tabindex="0"><code>lacuna explain P08_1 --data mouths --class gum --run runs/a
</code></pre>
<pre tabindex="0"><code>row            positive  negative  unknown  sum of losses
-------------  --------  --------  -------  -------------
standard             72      4024        0          939.1
fusion               47       209     3840           96.8
fusion+box           47      2566     1483          177.2
…
</code></pre>
<p>The picture shows, for each policy, what the network predicts, what it is told (stripes where unknown), what counts,
and where the loss is. With several <code>--run</code>, each run is a row under its own policy.</p>
`}]},{name:`troubleshooting`,title:`Troubleshooting`,sections:[{id:`troubleshooting`,title:`Troubleshooting`,level:1,html:`<p>Errors name the file and, after <code>hint:</code>, what to do. <code>lacuna doctor</code> shows what the machine offers; please send its
output with a report of a problem.</p>
`},{id:`results`,title:`Results`,level:2,html:`<p><strong>A class is predicted everywhere.</strong> The network was never told &quot;no&quot;. <code>lacuna audit --data DS --policy POLICY</code> shows
the share of negatives. Under <code>positive-only</code> this always happens; under <code>fusion</code> outside the painted classes; under
<code>positive+box</code> inside the box. Declare exclusive classes, draw boxes, paint <em>neither</em>
(<a href="/?help=concepts%23neither" data-place="concepts#neither">concepts.md</a>).</p>
<p><strong>Lips, tongue or the dark mouth become gum or teeth.</strong> Nothing inside the box says otherwise. Paint <em>neither</em> there.</p>
<p><strong>Almost nothing is predicted.</strong> Typical of <code>standard</code>, which learned that skipped structures are negative. Try
<code>--threshold elkan-noto</code>, then <code>fusion+box</code>. Check also <code>--map</code> at import (<em>class … is painted in none of these pictures</em>),
and whether the run trained long enough: does <code>train_loss</code> still fall?</p>
<p><strong>Known pixels score high, the pictures look bad.</strong> Known pixels are the painted, easy part. Look at the bounds and at
<code>report.html</code>. See <a href="/?help=scores" data-place="scores">scores.md</a>.</p>
<p><strong>A run without known negatives shows a high <code>val/dice</code>.</strong> Predicting the class everywhere scores best there. A warning
said so at the start, and validation does not choose the model.</p>
`},{id:`messages-while-importing`,title:`Messages while importing`,level:2,html:`<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>message</th>
<th>what to do</th>
</tr>
</thead>
<tbody>
<tr>
<td><code>--unpainted</code> is missing</td>
<td>say whether the masks are complete (<code>background</code>) or not (<code>unknown</code>); see <a href="/?help=first-project%232-import-photos-and-masks" data-place="first-project#2-import-photos-and-masks">first-project.md</a></td>
</tr>
<tr>
<td>… is a HEIC file, which is not supported (also AVIF, GIF, JPEG XL, JPEG 2000, PDF, …)</td>
<td>export as JPEG or PNG. On an iPhone: Settings, Camera, Formats, Most Compatible</td>
</tr>
<tr>
<td>… is a camera raw file (RAW), which is not supported</td>
<td>develop it to TIFF or PNG</td>
</tr>
<tr>
<td>… is … pixels, but its picture … is …</td>
<td>masks must have the pixels of their picture; one of them was resized. Export the mask at full size</td>
</tr>
<tr>
<td>the picture is turned by its EXIF orientation and the mask was painted on the unturned one</td>
<td>turn the mask the same way, or save the photo without the orientation tag and import again</td>
</tr>
<tr>
<td>… has value 7 at column …, which is no class</td>
<td><code>--map 7=gum</code>, or <code>--ignore-value 7</code></td>
</tr>
<tr>
<td>… a mask of one class holds 0 and 1 or 255</td>
<td>the mask was smoothed or saved as JPEG on the way; export it again</td>
</tr>
<tr>
<td>… is a colour picture; a mask has one number a pixel</td>
<td>export as indexed (palette) or 8-bit grey PNG</td>
</tr>
<tr>
<td>… is a mask without a picture</td>
<td>names must match: <code>STEM.png</code>, <code>STEM_CLASS.png</code> or <code>CLASS/STEM.png</code>. Move masks of other photos away</td>
</tr>
<tr>
<td>… is a folder of no class</td>
<td>folders among the masks must be called like a class</td>
</tr>
<tr>
<td>… has two masks that say the same</td>
<td>keep one indexed mask, or one file a class</td>
</tr>
<tr>
<td>… would have the same id as …</td>
<td>two pictures of one name, or an import that was done already</td>
</tr>
<tr>
<td>… does not match the group pattern</td>
<td>the pattern of <code>--group-from</code> must fit every file name</td>
</tr>
<tr>
<td>… is incomplete, … is damaged</td>
<td>copy the file again from its source</td>
</tr>
<tr>
<td>no mask for …: everything in them is unknown</td>
<td>fine if intended; otherwise a mask has another name</td>
</tr>
</tbody>
</table></div>
<p>After an error the data set is as it was before.</p>
`},{id:`messages-while-auditing-and-splitting`,title:`Messages while auditing and splitting`,level:2,html:`<p>The warnings of <code>audit</code> are explained in <a href="/?help=first-project%234-audit" data-place="first-project#4-audit">first-project.md</a>.</p>
<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>message</th>
<th>what to do</th>
</tr>
</thead>
<tbody>
<tr>
<td>… belongs to no class</td>
<td>a PNG in <code>annotations/</code> is called after no class of <code>dataset.toml</code>; rename it or move it away</td>
</tr>
<tr>
<td>… has value …; allowed are 0 unknown, 1 negative, 2 positive</td>
<td>a mask in the data set was changed by another program; restore it</td>
</tr>
<tr>
<td>the truth of case … is incomplete</td>
<td><code>truth/ID/</code> needs a file for every class, or no folder</td>
</tr>
<tr>
<td>not every case has a group / <strong>not grouped by patient</strong></td>
<td>fill the column <code>group</code> of <code>cases.csv</code> and split again with <code>--force</code>. If every picture is of another patient, give each its own group</td>
</tr>
<tr>
<td>… and … look the same</td>
<td>the same photo twice? Remove one, or give both the same group, and split again</td>
</tr>
<tr>
<td>… groups of cases are too few</td>
<td>add patients, <code>--validation 0</code>, or <code>--by-image</code> (scores then come out too good)</td>
</tr>
<tr>
<td>… is there already</td>
<td>results of different splits cannot be compared; give the new one a <code>--name</code>, or <code>--force</code></td>
</tr>
</tbody>
</table></div>
`},{id:`messages-while-training`,title:`Messages while training`,level:2,html:`<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>message</th>
<th>what to do</th>
</tr>
</thead>
<tbody>
<tr>
<td>the ImageNet weights are not on this machine</td>
<td><code>lacuna weights fetch resnet18</code>; without network see <a href="/?help=first-project%236-train" data-place="first-project#6-train">first-project.md</a>; or <code>--encoder-weights none</code></td>
</tr>
<tr>
<td>cannot fetch https://…</td>
<td>no network, or a proxy. Download by hand and use <code>lacuna weights fetch resnet18 --from FILE</code></td>
</tr>
<tr>
<td>… already holds a run</td>
<td><code>--resume</code>, <code>--force</code>, or another folder</td>
</tr>
<tr>
<td>another training is writing to …</td>
<td>wait, or stop it</td>
</tr>
<tr>
<td>there is no split …</td>
<td><code>lacuna split --data DS</code></td>
</tr>
<tr>
<td>the data set … has changed since the run began</td>
<td>a resumed run must see the same annotations and <code>cases.csv</code>; start a new run</td>
</tr>
<tr>
<td><code>image_size</code> … must be divisible by …</td>
<td>take the size the hint names</td>
</tr>
<tr>
<td>device … is not built in</td>
<td>build with the feature it names, or use <code>--device cpu</code></td>
</tr>
<tr>
<td>class … has no known negatives in the validation cases</td>
<td>validation cannot choose the model; the last epoch is kept. Draw boxes in validation cases too, or use a larger <code>--validation</code> part</td>
</tr>
<tr>
<td>the loss is not a finite number in epoch …</td>
<td>it diverged. <code>--lr</code> ten times smaller, or <code>--clip-grad-norm 1</code>. Start again with <code>--force</code>: resuming repeats it</td>
</tr>
<tr>
<td>No space left on device</td>
<td>free some space, then <code>--resume</code>: files are written whole or not at all</td>
</tr>
<tr>
<td>batches without evidence: …</td>
<td>in so many steps nothing was known; paint more pictures, or leave out those without annotation</td>
</tr>
</tbody>
</table></div>
`},{id:`training-is-slow`,title:`Training is slow`,level:2,html:`<ul>
<li><code>lacuna bench</code> measures what this machine can do; compare its <code>images/s</code> with those of the run.</li>
<li>Read <code>images/s</code> in the epoch line. Time of a run = epochs × training pictures ÷ that.</li>
<li>Halve <code>--image-size</code>: about four times as fast. The audit says whether the paint survives.</li>
<li><code>--encoder-depth 4</code> or <code>3</code> leaves out the widest part of the network. <code>unet-resnet18-paper</code> costs about four times
as much as <code>unet-resnet18</code>.</li>
<li>Pretrained weights need fewer epochs than random ones.</li>
<li><code>--early-stopping-patience 10</code> ends a run that no longer improves.</li>
<li>Do not run two trainings on the same cores. <code>lacuna doctor</code> warns if the processor has no AVX2.</li>
<li>A GPU needs a program built with <code>--features cuda</code>, <code>vulkan</code>, <code>metal</code> or <code>webgpu</code>, and <code>--device cuda:0</code>.</li>
<li><code>evaluate</code>: <code>--no-surfaces</code> saves the distances. <code>predict</code>: <code>--tile</code> and <code>--tta flips</code> multiply the work.</li>
</ul>
`},{id:`memory`,title:`Memory`,level:2,html:`<p>Training memory grows with <code>--batch-size</code> × pixels. If the system ends the program without a message (<code>Killed</code>):
halve <code>--batch-size</code> and add <code>--accumulate 2</code>. The loss is then that of the full batch; only batch normalisation sees
smaller batches. Or use a smaller <code>--image-size</code> or <code>--encoder-depth</code>. Up to 2 GB hold training pictures ready, up to
1 GB validation pictures. <code>evaluate</code> and <code>predict</code> hold one picture at a time, at its own size, with a few numbers
a pixel and class.</p>
`},{id:`messages-while-evaluating-and-predicting`,title:`Messages while evaluating and predicting`,level:2,html:`<div class="wide" tabindex="0" role="group" aria-label="Table"><table>
<thead>
<tr>
<th>message</th>
<th>what to do</th>
</tr>
</thead>
<tbody>
<tr>
<td>there is no run in …</td>
<td>name the folder given to <code>lacuna train --output-dir</code></td>
</tr>
<tr>
<td>… has no trained model</td>
<td>the run has not finished its first epoch; <code>lacuna train --resume</code></td>
</tr>
<tr>
<td>the run was trained for the classes …</td>
<td>use a data set with the same classes in the same order</td>
</tr>
<tr>
<td>the test part of the split is empty</td>
<td>draw a split with test cases, or <code>--part validation</code></td>
</tr>
<tr>
<td><code>50</code> is no threshold</td>
<td>thresholds go from 0 to 1</td>
</tr>
<tr>
<td>nothing is painted in the validation cases; 0.5 is used instead</td>
<td>choose a number yourself, or a split whose validation part has paint</td>
</tr>
<tr>
<td>… would overwrite a picture</td>
<td>choose another <code>-o</code> folder than that of the photos</td>
</tr>
<tr>
<td>… and … would both be written to …</td>
<td>two photos of one name; predict them into different folders</td>
</tr>
<tr>
<td>… groups: under 10, differences get no p-value</td>
<td>a note, not an error: with so few patients be careful with intervals</td>
</tr>
<tr>
<td>some pixels were claimed by several classes</td>
<td>expected for classes that overlap. The indexed mask holds one class a pixel; <code>--per-class</code> keeps all</td>
</tr>
</tbody>
</table></div>
`}]}];function M(e,t){return t.level===1?e.name:`${e.name}#${t.id}`}function ie(e,t){let[n,r]=t.split(`#`),i=e.find(e=>e.name===n),a=i?.sections.find(e=>e.id===r)??i?.sections[0];return i&&a?{page:i,section:a}:null}var N=40,P=70,F={"&lt;":`<`,"&gt;":`>`,"&quot;":`"`,"&amp;":`&`};function I(e){return e.replace(/<[^>]+>/g,` `).replace(/&(?:lt|gt|quot|amp);/g,e=>F[e]??e).replace(/\s+/g,` `).trim()}function ae(e,t){let n=t.toLowerCase().split(/\s+/).filter(e=>e!==``);if(n.length===0)return[];let r=e.flatMap(e=>e.sections.map(t=>({page:e,section:t,text:I(t.html)}))).filter(({section:e,text:t})=>L(`${e.title} ${t}`,n)),i=r.filter(({section:e})=>L(e.title,n)),a=r.filter(e=>!i.includes(e));return[...i,...a].slice(0,N).map(({page:e,section:t,text:r})=>z(e,t,r,n))}function L(e,t){return t.every(t=>R(e,t)>=0)}function R(e,t){let n=e.toLowerCase();for(let e=n.indexOf(t);e>=0;e=n.indexOf(t,e+1))if(!/[\p{L}\p{N}]/u.test(n[e-1]??` `))return e;return-1}function z(e,t,n,r){return{place:M(e,t),page:e.title,title:t.title,around:B(n,r)}}function B(e,t){let n=t.find(t=>R(e,t)>=0);if(n===void 0)return[e.slice(0,140),``,``];let r=R(e,n),i=r<=P?0:e.indexOf(` `,r-P)+1;return[`${i>0?`… `:``}${e.slice(i,r)}`,e.slice(r,r+n.length),`${e.slice(r+n.length,r+n.length+P)} …`]}var oe=_(`<button class="button quiet"><!> Back</button>`),se=_(`<button class="button quiet">Show me round</button>`),ce=_(`<option> </option>`),le=_(`<select class="field" aria-label="Page of the help"></select>`),ue=_(`<button class="button">Clear the search</button>`),de=_(`<li class="sx1k7fn"><button class="sx1k7fn"><strong> </strong> <span class="muted"> </span> <span class="around sx1k7fn"> <mark class="sx1k7fn"> </mark> </span></button></li>`),V=_(`<div class="results sx1k7fn"><p class="muted" role="status"> </p> <!> <ul class="sx1k7fn"></ul></div>`),fe=_(`<div class="section sx1k7fn"><!> <!></div>`),pe=_(`<div class="article sx1k7fn" data-entry="" tabindex="0" role="region"></div>`),me=_(`<div class="panel sx1k7fn"><div class="head sx1k7fn"><h2>Help</h2> <!> <span class="space sx1k7fn"></span> <!> <button class="button quiet icon" aria-label="Close the help" title="Close (Esc)"><!></button></div> <div class="find sx1k7fn"><label class="search sx1k7fn"><!> <input class="field sx1k7fn" type="search" placeholder="Search the help" aria-label="Search the help"/></label> <!></div> <!></div>`);function H(_,A){let N=d();o(A,!0);let P=te(),{view:F}=P,I=e(``),L=e([]),R=e(void 0),z=e(void 0),B=b(()=>ie(j,F.help??`app`)),H=b(()=>ae(j,k(I))),U=b(()=>k(I).trim()!==``);u(()=>{let e=k(B)&&M(k(B).page,k(B).section);!k(U)&&k(R)&&e&&t(()=>void he(e))});async function he(e){await l();let t=document.getElementById(`${N}-${e}`);k(R)?.scrollTo({top:t?t.offsetTop-8:0}),ge()||k(R)?.focus({preventScroll:!0})}function ge(){return k(z)?.contains(document.activeElement)===!0&&document.activeElement?.matches(`input, select`)===!0}function W(e){F.help!==null&&!k(U)&&x(L,[...k(L),F.help]),x(I,``),F.help=e}function _e(){F.help=k(L).at(-1)??F.help,x(L,k(L).slice(0,-1))}function ve(){F.help=null,F.setup=F.shortcuts=!1,F.team=null,P.tour.start(),requestAnimationFrame(()=>document.querySelector(`[data-part=tour] [data-entry]`)?.focus())}function ye(e){let t=(e.target instanceof Element?e.target.closest(`a[data-place]`):null)?.getAttribute(`data-place`);t&&(e.preventDefault(),W(t))}var G=me(),K=r(G),q=s(r(K),2),be=e=>{var t=oe(),n=r(t);w(n,{name:`back`}),c(),i(t),p(`click`,t,_e),v(e,t)};T(q,e=>{k(L).length>0&&!k(U)&&e(be)});var J=s(q,4),xe=e=>{var t=se();p(`click`,t,ve),v(e,t)};T(J,e=>{P.phase===`ready`&&P.tour.ready&&e(xe)});var Y=s(J,2),Se=r(Y);w(Se,{name:`close`}),i(Y),i(K);var X=s(K,2),Z=r(X),Q=r(Z);w(Q,{name:`search`});var $=s(Q,2);ee($),i(Z);var Ce=s(Z,2),we=e=>{var t=le();g(t,21,()=>j,({name:e,title:t})=>e,(e,t)=>{let r=()=>k(t).name,i=()=>k(t).title;var a=ce(),o=n(a,!0),s={};O(()=>{C(o,i()),s!==(s=r())&&(a.value=(a.__value=s)??``)}),v(e,a)}),i(t);var r;m(t),O(()=>{r!==(r=k(B)?.page.name)&&(t.value=(t.__value=r)??``,S(t,r))}),p(`change`,t,e=>W(e.currentTarget.value)),v(e,t)};T(Ce,e=>{k(U)||e(we)}),i(X);var Te=s(X,2),Ee=e=>{var t=V(),a=r(t),o=n(a,!0),c=s(a,2),l=e=>{var t=ue();p(`click`,t,()=>x(I,``)),v(e,t)};T(c,e=>{k(H).length===0&&e(l)});var u=s(c,2);g(u,21,()=>k(H),({place:e,page:t,title:n,around:r})=>e,(e,t)=>{let a=()=>k(t).place,o=()=>k(t).page,c=()=>k(t).title,l=()=>k(t).around;var u=de(),d=r(u),f=r(d),m=n(f,!0),h=s(f,2),g=n(h,!0),_=s(h,2),y=r(_,!0),b=s(y),x=n(b,!0),S=s(b,1,!0);i(_),i(d),i(u),O(()=>{C(m,c()),C(g,o()),C(y,l()[0]),C(x,l()[1]),C(S,l()[2])}),p(`click`,d,()=>W(a())),v(e,u)}),i(u),i(t),O(e=>C(o,e),[()=>k(H).length===0?`Nothing is found for “${k(I).trim()}”. Try one word, or another.`:`${k(H).length} ${k(H).length===1?`section`:`sections`}`]),v(e,t)},De=e=>{var t=pe();g(t,21,()=>k(B).page.sections,e=>e.id,(e,t)=>{let n=b(()=>M(k(B).page,k(t)));var a=fe(),o=r(a);ne(o,()=>`h${Math.min(k(t).level+2,6)}`,!1,(e,r)=>{f(e,()=>({id:`${N}-${k(n)??``}`,class:``}),void 0,void 0,void 0,`sx1k7fn`);var i=re();O(()=>C(i,k(t).title)),v(r,i)});var c=s(o,2);h(c,()=>k(t).html),i(a),v(e,a)}),i(t),E(t,e=>x(R,e),()=>k(R)),O(()=>D(t,`aria-label`,k(B).page.title)),p(`click`,t,ye),v(e,t)};T(Te,e=>{k(U)?e(Ee):k(B)&&e(De,1)}),i(G),E(G,e=>x(z,e),()=>k(z)),p(`click`,Y,()=>F.help=null),y($,()=>k(I),e=>x(I,e)),v(_,G),a()}A([`click`,`change`]);export{H as default};